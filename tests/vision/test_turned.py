"""A face that is seen from the side: its lifts are counted as far as it says, and not begun on."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import pytest

from device.camera.subject import PEOPLE, Script, State, SubjectCamera, motion
from device.coach import cues, events, exercises, session
from device.coach.counting import RepetitionCounter
from device.sample import LiftSample
from tests.subjects import small
from tools.clips import recorded, vision

RISE_S, HOLD_S = 0.6, 2.5
FPS = 12.0


def watch(who: str, yaw: float, pitch: float, seconds: float, *starts: float) -> list[LiftSample]:
    """What is seen of somebody who is turned like this and lifts at these times."""
    lifts = tuple(motion.Lift(start, RISE_S, HOLD_S, RISE_S) for start in starts)
    plan = Script("turned", seconds, State(yaw=yaw, pitch=pitch), (), lifts)
    camera = SubjectCamera(plan, fps=FPS, live=False, subject=small(PEOPLE[who]))
    return list(recorded(vision(camera)))


@pytest.mark.parametrize(
    ("who", "yaw", "pitch"), [("ada", 20.0, 0.0), ("carl", 35.0, 0.0), ("bola", -35.0, 20.0)]
)
def test_the_lifts_of_a_turned_face_count_and_are_not_called_uneven(
    who: str, yaw: float, pitch: float
) -> None:
    counter = RepetitionCounter.population()
    seen = watch(who, yaw, pitch, 12.5, 2.5, 7.5)
    said = [event for sample in seen for event in counter.feed(sample)]
    lifts = [one for one in said if isinstance(one, events.Rep | events.Refused)]
    assert [type(one) for one in lifts] == [events.Rep, events.Rep]
    lags = {events.Note.LEFT_LAGS, events.Note.RIGHT_LAGS}
    assert not any(lags & {*one.notes} for one in lifts if isinstance(one, events.Rep))


@pytest.mark.parametrize(
    ("who", "yaw", "pitch", "found"),
    [
        ("ada", 0.0, 0.0, True),
        ("ada", 35.0, 0.0, True),
        ("ada", -30.0, 20.0, True),
        # The model reads too little of most drawn profiles, but not of this one.
        ("carl", -65.0, 0.0, False),
    ],
)
def test_a_face_is_found_as_far_aside_as_it_can_be_counted(
    who: str, yaw: float, pitch: float, found: bool
) -> None:
    one = session.Session(exercises.CHEEK_LIFTER, RepetitionCounter())
    said = one.start(0.0)
    for sample in watch(who, yaw, pitch, 3.0):
        said += [*one.feed(sample), *one.tick(sample.time)]
    aims = [cue.aim for cue in said if isinstance(cue, cues.Cue) and cue.aim]
    assert aims[-1] is (cues.Aim.FOUND if found else cues.Aim.TURNED_AWAY)


def test_a_head_that_turns_away_in_a_session_is_told_and_found_again() -> None:
    one = session.Session(exercises.CHEEK_LIFTER, RepetitionCounter())
    said, begins = one.start(0.0), 0.0
    for yaw, seconds in ((-10.0, 4.0), (-65.0, 9.0), (-10.0, 4.0)):
        for sample in watch("carl", yaw, 0.0, seconds):
            said += one.feed(replace(sample, time=begins + sample.time))
        begins += seconds
    heard = [cue.aim or cue.kind for cue in said if isinstance(cue, cues.Cue)]
    before, away = cues.Aim.SEARCHING, cues.Aim.TURNED_AWAY
    found = [cues.Aim.FOUND, cues.CueKind.REST, cues.CueKind.PRACTISE]
    # Drawn heads turn in no time: that may look like a lift at first, and is answered like one.
    answers = (cues.CueKind.LET_GO, cues.CueKind.NOT_COUNTED)
    told = [cue for cue, _ in groupby(cue for cue in heard if cue not in answers)]
    assert told == [before, *found, away, *found]
    assert heard.count(away) == 2
