"""Parts of documents that a command writes are what the code says."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import ModuleType

import pytest

import tools.sets.__main__ as sets
from device.coach import session
from tools import (
    blendshapes,
    cue_table,
    diagrams,
    negatives,
    off_axis,
    signal_comparison,
    sound_distances,
)
from tools.bench.__main__ import README as BENCH
from tools.documents import bring_up_to_date, replaced, rewrite, updated
from tools.environment import ROOT, ToolError
from tools.sets import sensitivity, sides
from tools.stress_matrix.__main__ import README as STRESS
from tools.stress_matrix.plan import COUNTS, LADDER, OFF_AXIS, RENDERINGS

COUNTING, VISION = sets.PAGE, signal_comparison.DOCUMENT
MEASURED = (
    (ROOT / "README.md", "figures"),
    (BENCH, "figures"),
    *((STRESS, name) for name in (COUNTS, RENDERINGS, LADDER, OFF_AXIS)),
    *((COUNTING, name) for name in (sets.PART, sensitivity.PART, sides.PART)),
    *((COUNTING, name) for name in (negatives.PART, negatives.CONFUSION)),
    *((VISION, name) for name in ("angles", "events", "parts", blendshapes.PART, off_axis.PART)),
)
"""What takes a command minutes or hours to write, on clips that are not in the repository."""


@pytest.mark.parametrize("tool", [diagrams, cue_table, sound_distances])
def test_the_document_is_up_to_date(tool: ModuleType) -> None:
    text = tool.README.read_text(encoding="utf-8")
    assert text == updated(tool.README, tool.PARTS), f"write it again: python -m {tool.__name__}"


@pytest.mark.parametrize(
    ("document", "part"), MEASURED, ids=[f"{page.parent.name} {part}" for page, part in MEASURED]
)
def test_what_takes_hours_to_measure_has_a_place_in_its_document(document: Path, part: str) -> None:
    """A command that has measured for hours must not fail in the end for a mark that is gone."""
    assert "\nnew\n" in replaced(document.read_text(encoding="utf-8"), part, "new")


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
