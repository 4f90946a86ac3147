"""Parts of documents that a command writes are what the code says."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import ModuleType

import pytest

from device.coach import session
from tools import cue_table, diagrams, sound_distances
from tools.documents import bring_up_to_date, rewrite, updated
from tools.environment import ToolError


@pytest.mark.parametrize("tool", [diagrams, cue_table, sound_distances])
def test_the_document_is_up_to_date(tool: ModuleType) -> None:
    text = tool.README.read_text(encoding="utf-8")
    assert text == updated(tool.README, tool.PARTS), f"write it again: python -m {tool.__name__}"


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


def test_a_document_without_the_marks_is_left_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- cues: half a mark\n")
    with pytest.raises(ToolError, match="`cues`"):
        rewrite(page, "cues", "new")
    assert page.read_text() == "<!-- cues: half a mark\n"
