"""The diagrams in the coach's README are those of the tables it follows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from device.coach import session
from tools import diagrams
from tools.marked import bring_up_to_date, updated


def test_the_readme_is_up_to_date() -> None:
    text = diagrams.README.read_text(encoding="utf-8")
    again = updated(diagrams.README, diagrams.PARTS)
    assert text == again, "draw it again: python -m tools.diagrams"


def test_a_changed_table_makes_it_stale() -> None:
    fewer = dict(session.TRANSITIONS)
    del fewer[session.SessionState.RESTING]
    assert diagrams.diagram(fewer) not in diagrams.README.read_text(encoding="utf-8")


def test_the_command_puts_a_stale_document_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = tmp_path / "README.md"
    shutil.copy(diagrams.README, stale)
    fresh = stale.read_text(encoding="utf-8")
    stale.write_text(fresh.replace("READY --> SESSION : begin\n", ""), encoding="utf-8")

    assert bring_up_to_date(stale, diagrams.PARTS) == 0

    assert stale.read_text(encoding="utf-8") == fresh
    assert str(stale) in capsys.readouterr().out


def test_every_transition_is_in_its_diagram() -> None:
    drawn = diagrams.diagram(session.TRANSITIONS)
    for state, row in session.TRANSITIONS.items():
        for step, target in row.items():
            arrow = f"{state.name} --> {target.name} : "
            said_once = f"*{step.value}* to **{target.value}**"
            assert said_once in drawn or step.value in drawn.split(arrow)[1].splitlines()[0]
