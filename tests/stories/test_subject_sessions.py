"""Each character does a session with the coach, in closed loop: it ends as it should.

What vision would see is taken from the truth, so a session takes a second; that the models see the
same is told in `test_subject_seen` and in the end-to-end stories.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from device.camera.subject import CHARACTERS, PEOPLE, Player
from device.coach.coach import Coach, Output
from device.coach.cues import Cue, CueKind
from device.coach.events import Ending, FaceLost, Note, Refused, Rep, SessionEnded
from device.coach.history import History
from device.vision.landmarker import Landmarks
from device.vision.lift import measure, nobody
from device.vision.roi import Roi
from device.vision.sample import LiftSample
from tests.subjects import SMALL, small
from tests.virtual import VirtualClock

FPS = 15
PATIENCE_S = 200
SMEARED = 0.25
"""The landmark model gives each side a part of the other's lift."""
OUT_OF_SIGHT_DEG = 60.0
"""Turned away further than this, a face is not seen."""


class Session:
    """One character and one coach, until the session is over."""

    def __init__(self, name: str) -> None:
        character = CHARACTERS[name]
        self._subject = small(PEOPLE[character.person])
        self._player = Player(character)
        self._noise = np.random.default_rng(1)
        self.outputs: list[Output] = []
        clock = VirtualClock()
        coach = Coach(History())
        self._tell(coach.clock(clock.reading()))
        self._tell(coach.button_down(clock.now + 1.0))
        self._tell(coach.button_up(clock.now + 1.1))
        for frame in range(FPS * PATIENCE_S):
            self._tell(coach.feed(self._look(clock.now + 2 + frame / FPS)))
            if self._all(SessionEnded):
                break

    def _tell(self, outputs: list[Output]) -> None:
        self.outputs += outputs
        for output in outputs:
            if isinstance(output, Cue):
                self._player.hear(output.kind.value, output.at)

    def _look(self, t: float) -> LiftSample:
        state = self._player.at(t)
        if abs(state.yaw) > OUT_OF_SIGHT_DEG:
            return nobody(t, 100.0)
        left, right = state.lift_left, state.lift_right
        seen = replace(
            state,
            lift_left=left + SMEARED * (right - left),
            lift_right=right + SMEARED * (left - right),
        )
        points = self._subject.truth(seen).landmarks
        points = points + self._noise.normal(0, 0.1, points.shape).astype(np.float32)
        face = Landmarks(points, presence=1.0, brightness=100.0, roi=Roi(0, 0, 1, 0))
        return measure(face, t, SMALL[::-1])

    def _all(self, kind: type) -> list[Output]:
        return [output for output in self.outputs if isinstance(output, kind)]

    @property
    def ending(self) -> SessionEnded:
        (ended,) = (output for output in self.outputs if isinstance(output, SessionEnded))
        return ended

    @property
    def refused(self) -> Counter[str]:
        return Counter(
            output.reason.value for output in self.outputs if isinstance(output, Refused)
        )

    @property
    def notes(self) -> Counter[Note]:
        reps = (output for output in self.outputs if isinstance(output, Rep))
        return Counter(note for rep in reps for note in rep.notes)

    def heard(self, kind: CueKind) -> int:
        return sum(isinstance(output, Cue) and output.kind is kind for output in self.outputs)

    @property
    def lost_faces(self) -> int:
        return len(self._all(FaceLost))


@cache
def session_of(name: str) -> Session:
    return Session(name)


@pytest.mark.parametrize("name", CHARACTERS)
def test_everybody_finishes_a_set_of_ten_within_the_dose(name: str) -> None:
    session = session_of(name)

    assert session.ending.ending is Ending.DONE
    assert session.ending.reps == 10
    assert session.ending.dose <= 15


def test_the_steady_ones_talk_counts_nothing() -> None:
    session = session_of("steady")

    assert session.ending.lifts == 11  # the practised one, and ten
    assert not session.refused


def test_the_hasty_one_lets_go_early_and_is_asked_for_less() -> None:
    session = session_of("hasty")

    assert session.refused["too_short"] >= 1
    assert session.notes[Note.OVER_EFFORT] >= 1
    assert session.heard(CueKind.SOFTER) >= 1


def test_the_tired_ones_yawns_are_no_lifts() -> None:
    session = session_of("tired")

    assert set(session.refused) <= {"mouth_open"}


def test_the_lopsided_ones_right_side_lags_and_two_lifts_are_refused() -> None:
    session = session_of("lopsided")

    assert session.refused["one_sided"] == 2
    assert session.notes[Note.RIGHT_LAGS] >= 5
    assert session.notes[Note.LEFT_LAGS] == 0


def test_the_sleepy_one_is_lost_once_and_called_back() -> None:
    session = session_of("sleepy")

    assert session.lost_faces == 1
    assert session.heard(CueKind.FIND_FACE) >= 2
