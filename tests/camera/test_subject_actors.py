"""Subjects that answer: what they do about a cue, and how long they take."""

from __future__ import annotations

import pytest

from device.camera.subject import CHARACTERS, Character, Phase, Player, State


class Rehearsal:
    """A player without a camera: looked at 20 times a second."""

    def __init__(self, character: Character, seed: int = 0) -> None:
        self.player = Player(character, seed)
        self.now = 0.0
        self.states: list[State] = []

    def wait(self, seconds: float) -> State:
        for _ in range(round(seconds * 20)):
            self.now += 0.05
            self.states.append(self.player.at(self.now))
        return self.states[-1]

    def hear(self, cue: str) -> None:
        self.player.hear(cue, self.now)

    def lift(self) -> float:
        """One lift, let go when told; returns the effort."""
        self.hear("lift")
        effort = self.wait(4).lift_left
        self.hear("let_go")
        self.wait(2)
        return effort


OBEDIENT = Character("does what it hears")


@pytest.mark.parametrize("seed", range(5))
def test_a_person_needs_a_moment_to_react(seed: int) -> None:
    play = Rehearsal(OBEDIENT, seed)
    assert play.wait(5).lift_left == 0

    asked = play.now
    play.hear("practise")
    play.wait(3)
    began = next(state.time for state in play.states if state.lift_left > 0)
    told = play.now
    play.hear("let_go")
    play.wait(2)
    released = next(s.time for s in play.states if s.time > told and s.phase is Phase.FALL)

    assert 0.2 <= began - asked <= 0.6
    assert 0.2 <= released - told <= 0.6
    assert play.states[-1].lift_left == 0


def test_nobody_lifts_before_being_asked_but_then_goes_on_alone() -> None:
    play = Rehearsal(OBEDIENT)
    play.hear("rest")
    play.wait(20)
    assert all(state.lift_left == 0 for state in play.states)

    play.lift()
    play.wait(OBEDIENT.rest + 1)

    assert play.states[-1].phase in (Phase.RISE, Phase.HOLD)


def test_a_lift_is_not_held_for_ever() -> None:
    play = Rehearsal(OBEDIENT)
    play.hear("lift")
    play.wait(6.5)

    assert play.states[-1].phase is not Phase.HOLD


def test_the_end_is_the_end() -> None:
    play = Rehearsal(OBEDIENT)
    play.lift()
    play.hear("done")
    play.wait(10)

    assert play.states[-1].lift_left == 0
    assert play.player.duration < play.now


def test_too_much_effort_is_less_after_being_asked_for_less() -> None:
    play = Rehearsal(Character("overdoes it", overdoes=(0, 1.5)))

    before = play.lift()
    play.hear("softer")
    after = play.lift()

    assert before > 1.3
    assert 0.85 < after < 1.15


def test_a_hasty_person_learns_from_silence_to_wait() -> None:
    play = Rehearsal(Character("lets go early", lets_go_after=0.5))
    held = []
    for _ in range(4):
        play.hear("lift")
        start = play.now
        play.wait(4)
        held.append(sum(s.phase is Phase.HOLD for s in play.states if s.time > start) / 20)
        play.hear("let_go")
        play.wait(1.5)

    assert held[0] < 1 < held[-1]


def test_somebody_who_looks_away_comes_back_when_called() -> None:
    play = Rehearsal(CHARACTERS["sleepy"])
    for _ in range(5):
        play.lift()
    away = play.wait(2)
    play.hear("find_face")
    back = play.wait(3)

    assert away.yaw > 60
    assert abs(back.yaw) < 10


def test_a_character_comes_into_the_picture_when_looked_for() -> None:
    play = Rehearsal(CHARACTERS["steady"])
    first = play.wait(1)
    play.hear("find_face")
    found = play.wait(3)

    assert first.x > 10
    assert abs(found.x) < 1


def test_somebody_who_lies_facing_the_ceiling_turns_its_head_once_told_that_it_is_turned_away() -> (
    None
):
    play = Rehearsal(CHARACTERS["sideways"])
    play.hear("find_face searching")
    ceiling = play.wait(4)
    play.hear("find_face turned_away")
    turned = play.wait(3)

    assert ceiling.yaw < -60
    assert ceiling.hands_away > 0.9  # with its hands on its face it would hide it
    assert -45 < turned.yaw < -35
    assert turned.hands_away < 0.1


def test_a_cue_that_means_nothing_to_it_changes_nothing() -> None:
    told, untold = Rehearsal(OBEDIENT), Rehearsal(OBEDIENT)
    for cue in ("hold_reached", "massage", "working", "synced", "too_dark"):
        told.hear(cue)

    assert told.wait(3).lift_left == untold.wait(3).lift_left == 0
