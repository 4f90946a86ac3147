"""The picture of the wiring is what the code does."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from device.panel import Pins
from device.panel import pins as header
from tools import wiring

SVG = "{http://www.w3.org/2000/svg}"


def test_the_wiring_picture_in_the_repo_is_the_wiring_in_the_code() -> None:
    assert wiring.OUT.read_text(encoding="utf-8") == wiring.draw(Pins()), (
        "draw it again: python -m tools.wiring"
    )


WIRINGS = [
    Pins(),
    Pins(buzzer=13, button=7, rest=6, hold_5=12, illuminator=26),
    *(Pins(illuminator=pin) for pin in (9, 11, 12, 13)),
]


def texts(pins: Pins) -> list[tuple[float, float, str]]:
    """The words in a picture, and where they are."""
    return [
        (float(one.get("x", "0")), float(one.get("y", "0")), one.text or "")
        for one in ElementTree.fromstring(wiring.draw(pins)).iter(f"{SVG}text")
    ]


@pytest.mark.parametrize("pins", WIRINGS)
def test_each_part_hangs_on_the_row_of_its_pin(pins: Pins) -> None:
    rows = {text: y for _, y, text in texts(pins) if re.fullmatch(r"\d+", text)}
    for name, pin in pins.fitted().items():
        part, position = wiring.PARTS[name], header.PHYSICAL[pin]
        (place,) = [(x, y) for x, y, text in texts(pins) if text == f"{part.label}: {part.kind}"]
        assert place[1] == rows[str(position)], name
        assert (place[0] > wiring.MIDDLE) == (position % 2 == 0), name


@pytest.mark.parametrize("pins", WIRINGS)
def test_no_wire_crosses_another(pins: Pins) -> None:
    wires = [
        tuple(float(one.get(end, "0")) for end in ("x1", "y1", "x2", "y2"))
        for one in ElementTree.fromstring(wiring.draw(pins)).iter(f"{SVG}line")
    ]
    across = [wire for wire in wires if wire[1] == wire[3]]
    upright = [wire for wire in wires if wire[0] == wire[2]]
    assert len(across) > len(pins.fitted())
    assert upright
    for left, y, right, _ in across:
        for x, top, _, bottom in upright:
            inside = min(left, right) < x < max(left, right) and min(top, bottom) < y < max(
                top, bottom
            )
            assert not inside, (x, y)


def test_the_illuminators_whole_circuit_is_drawn_where_there_is_one() -> None:
    without, fitted = (
        Counter(text for _, _, text in texts(pins)) for pins in (Pins(), Pins(illuminator=26))
    )
    supply, ground = wiring.ILLUMINATOR_SUPPLY, wiring.ILLUMINATOR_GROUND
    assert (wiring.FIXED[supply], wiring.FIXED[ground]) == ("5 V", "ground")
    part = wiring.PARTS["illuminator"]
    assert set(fitted - without) >= {
        part.kind, *part.apart, *part.resistors, "GPIO 26 (pin 37)",
        f"5 V (pin {supply})", f"ground (pin {ground})",
        f"{part.label}: 5 V", f"{part.label}: ground",
    }  # fmt: skip


def test_a_buzzer_on_another_pin_is_drawn_with_what_it_needs() -> None:
    needed = "dtoverlay=pwm,pin=13,func=4 is added at the end of config.txt"
    assert any(needed in text for _, _, text in texts(Pins(buzzer=13)))
    assert not any("dtoverlay" in text for _, _, text in texts(Pins()))


def test_what_is_to_be_bought_for_the_illuminator_is_what_is_drawn() -> None:
    page = (wiring.OUT.parent / "README.md").read_text(encoding="utf-8")
    bought = next(row for row in page.splitlines() if row.startswith("| illuminator,"))
    part = wiring.PARTS["illuminator"]
    for thing in (part.kind, *part.apart):
        assert f"1 {thing}" in bought
    assert bought.count("1 of ") == len(part.resistors)
    for value in part.resistors:
        assert f"1 of {value}" in bought


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

    settings.unlink()
    assert wiring.main() == 2
    assert f"There is no {settings}" in capsys.readouterr().err


def test_a_picture_on_stdout_is_all_that_is_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["wiring", "--out", "-"])
    assert wiring.main() == 0
    assert capsys.readouterr().out == wiring.draw(Pins())


def test_a_picture_never_takes_the_place_of_its_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text("[pins]\nrest = 6\n")
    monkeypatch.setattr("sys.argv", ["wiring", "--settings", str(settings), "--out", str(settings)])
    assert wiring.main() == 2
    assert "is what is read" in capsys.readouterr().err
    assert settings.read_text() == "[pins]\nrest = 6\n"
