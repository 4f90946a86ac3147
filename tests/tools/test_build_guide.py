"""The build guide's lists are those of the panel, the stand, the box and the doctor."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from device import stand
from device.panel import Pins, patterns
from tools import build_guide, wiring
from tools.documents import updated
from tools.environment import ToolError

LISTS = {"zero": build_guide.for_zero(), "pi4": build_guide.for_pi4()}


def test_the_lists_in_the_guide_are_those_of_the_code_and_of_the_doctor() -> None:
    page = build_guide.README.read_text(encoding="utf-8")
    assert page == updated(build_guide.README, build_guide.PARTS), (
        "write them again: python -m tools.build_guide"
    )


@pytest.mark.parametrize("items", LISTS.values(), ids=LISTS)
def test_all_that_the_panel_is_made_of_is_bought_in_the_right_number(
    items: list[build_guide.Item],
) -> None:
    parts = [wiring.PARTS[name] for name in Pins().fitted()]
    bought = {item.thing: item.number for item in items}
    for kind, number in Counter(part.kind for part in parts).items():
        assert bought[kind] == number
    resistors = {item.exactly: item.number for item in items if item.thing == "resistor"}
    for value, number in Counter(value for part in parts for value in part.resistors).items():
        assert resistors[f"{value}, ¼ W"] == number


def test_each_board_gets_the_cable_of_its_connector_and_a_way_for_the_stick() -> None:
    (zero,) = (one for one in LISTS["zero"] if one.thing == "camera's cable")
    (pi4,) = (one for one in LISTS["pi4"] if one.thing == "camera's cable")
    assert "22 contacts, 0.5 mm" in zero.exactly
    assert "at the board 15 contacts, 1 mm" in pi4.exactly
    assert all(f"{stand.CABLE_CM} cm" in one.exactly for one in (zero, pi4))
    assert any("OTG" in one.thing for one in LISTS["zero"])
    assert not any("OTG" in one.thing for one in LISTS["pi4"])


@pytest.mark.parametrize("items", LISTS.values(), ids=LISTS)
def test_prices_are_ranges_with_their_date(items: list[build_guide.Item]) -> None:
    assert all(0 <= low < high for low, high in (item.euros for item in items))
    said = build_guide.shopping(items)
    assert f"estimates of {build_guide.PRICED}" in said
    low, high = (sum(item.euros[end] for item in items) for end in (0, 1))
    assert f"**{low:.0f} to {high:.0f}**" in said


def test_every_led_that_the_guide_allows_is_lit_and_dim_on_its_resistor() -> None:
    kinds = {part.kind for name in Pins().fitted() if (part := wiring.PARTS[name]).fill}
    assert kinds == set(build_guide.FORWARD_V)
    currents = {
        volts: build_guide.current_ma(kind, volts)
        for kind, range_ in build_guide.FORWARD_V.items()
        for volts in range_
    }
    assert all(0.5 < current < 2 for current in currents.values())
    assert build_guide.current_ma("green LED", 3.0) < 0.5, "a pure green one is nearly dark"


def test_each_number_that_the_panel_counts_is_explained() -> None:
    numbers = {cells[0] for cells in build_guide.table("number")}
    assert numbers == {str(number or "none") for number, _ in patterns.FAULTS.values()}


def test_a_symptom_that_leads_to_no_check_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = build_guide.DOCTOR.read_text(encoding="utf-8")
    readme = tmp_path / "README.md"
    monkeypatch.setattr(build_guide, "DOCTOR", readme)
    readme.write_text(re.sub(r"\| watchdog \|", "| wachdog |", said), encoding="utf-8")
    with pytest.raises(ToolError, match="`wachdog` names no check"):
        build_guide.symptoms()
    readme.write_text(said.replace("| number |", "| no. |"), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["build_guide"])
    assert build_guide.main() == 1
    assert "has no table of `number`" in capsys.readouterr().err
