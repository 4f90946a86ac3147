"""What is drawn and written about the panel is what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from device.panel.pins import PHYSICAL, Pins
from tools import cue_table, wiring
from tools.marked import updated


def test_the_wiring_picture_in_the_repo_is_the_wiring_in_the_code() -> None:
    assert wiring.OUT.read_text(encoding="utf-8") == wiring.draw(Pins()), (
        "draw it again: python -m tools.wiring"
    )


def test_the_table_of_cues_in_the_readme_is_what_the_panel_plays() -> None:
    text = cue_table.README.read_text(encoding="utf-8")
    assert text == updated(cue_table.README, cue_table.PARTS), (
        "write it again: python -m tools.cue_table"
    )


@pytest.mark.parametrize(
    "pins", [Pins(), Pins(buzzer=13, button=7, rest=6, hold_5=12, illuminator=26)]
)
def test_each_part_hangs_on_the_row_of_its_pin(pins: Pins) -> None:
    root = ElementTree.fromstring(wiring.draw(pins))
    texts = [
        (float(one.get("x", "0")), float(one.get("y", "0")), one.text or "")
        for one in root.iter("{http://www.w3.org/2000/svg}text")
    ]
    rows = {text: y for _, y, text in texts if re.fullmatch(r"\d+", text)}
    for name, pin in pins.fitted().items():
        part, position = wiring.PARTS[name], PHYSICAL[pin]
        (place,) = [(x, y) for x, y, text in texts if text == f"{part.label}: {part.kind}"]
        assert place[1] == rows[str(position)], name
        assert (place[0] > wiring.MIDDLE) == (position % 2 == 0), name


def test_a_picture_of_your_own_pins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, out = tmp_path / "settings.toml", tmp_path / "mine.svg"
    monkeypatch.setattr("sys.argv", ["wiring", "--settings", str(settings), "--out", str(out)])
    settings.write_text("[pins]\nrest = 6\n")
    assert wiring.main() == 0
    assert out.read_text(encoding="utf-8") == wiring.draw(Pins(rest=6))

    settings.write_text("[pins]\nrest = 2\n")
    assert wiring.main() == 2
    assert "[pins] rest = 2" in capsys.readouterr().err
