"""The diagrams in the coach's README are those of the tables it follows."""

from __future__ import annotations

from device.coach.stages import TRANSITIONS, SessionState
from tools import diagrams


def test_the_readme_is_up_to_date() -> None:
    text = diagrams.README.read_text(encoding="utf-8")
    assert text == diagrams.updated(text), "draw it again: python -m tools.diagrams"


def test_a_changed_table_makes_it_stale() -> None:
    fewer = dict(TRANSITIONS)
    del fewer[SessionState.RESTING]
    assert diagrams.diagram(fewer) not in diagrams.README.read_text(encoding="utf-8")


def test_every_transition_is_in_its_diagram() -> None:
    drawn = diagrams.diagram(TRANSITIONS)
    for state, row in TRANSITIONS.items():
        for step, target in row.items():
            arrow = f"{state.name} --> {target.name} : "
            said_once = f"*{step.value}* to **{target.value}**"
            assert said_once in drawn or step.value in drawn.split(arrow)[1].splitlines()[0]
