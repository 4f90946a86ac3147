"""The breadboard shows the panel that the code drives, wire for wire."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree

import pytest

from device.panel import Pins
from device.panel import pins as header
from tools import breadboard, wiring
from tools.documents import updated

SVG = "{http://www.w3.org/2000/svg}"
WIRINGS = [Pins(), Pins(buzzer=13, button=7, rest=6, hold_5=12, illuminator=26)]


def test_the_picture_and_the_list_in_the_repo_are_those_of_the_code() -> None:
    again = "write them again: python -m tools.breadboard"
    assert breadboard.OUT.read_text(encoding="utf-8") == breadboard.draw(Pins()), again
    page = breadboard.README.read_text(encoding="utf-8")
    assert page == updated(breadboard.README, breadboard.DOCUMENT), again


@pytest.mark.parametrize("pins", WIRINGS)
def test_each_part_has_its_own_column_and_the_pin_of_the_settings(pins: Pins) -> None:
    places = breadboard.places(pins)
    wanted = {
        wiring.PARTS[name].label: pin
        for name, pin in pins.fitted().items()
        if name != "illuminator"
    }
    assert {one.part.label: one.gpio for one in places} == wanted
    assert all(one.position == header.PHYSICAL[one.gpio] for one in places)
    for one, other in itertools.pairwise(places):
        assert other.column - one.column == breadboard.EVERY
    assert 1 < places[0].column < places[-1].column < breadboard.COLUMNS
    assert wiring.FIXED[breadboard.GROUND] == "ground"


@pytest.mark.parametrize("pins", WIRINGS)
def test_no_wire_crosses_another(pins: Pins) -> None:
    wires = [*map(breadboard.course, breadboard.places(pins)), breadboard.ground_course()]
    for one, other in itertools.combinations(wires, 2):
        for these, those in itertools.product(itertools.pairwise(one), itertools.pairwise(other)):
            assert not cross(*these, *those), (these, those)


def cross(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]
) -> bool:
    """Whether the line from a to b meets the one from c to d."""

    def side(p: tuple[float, float], q: tuple[float, float], r: tuple[float, float]) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) <= 0 and side(c, d, a) * side(c, d, b) <= 0


def test_every_part_is_named_with_its_pin_and_every_resistor_has_its_value() -> None:
    texts = [one.text for one in ElementTree.fromstring(breadboard.draw(Pins())).iter(f"{SVG}text")]
    table = breadboard.wires_in_words(Pins())
    for name, pin in Pins().fitted().items():
        part, position = wiring.PARTS[name], header.PHYSICAL[pin]
        assert texts.count(part.label) == texts.count(f"pin {position}") == 1
        assert f"| {position} | GPIO {pin} |" in table
        assert f"{part.label}: {part.kind}, " in table
    for value in ("220 Ω", "330 Ω", "1 kΩ"):
        wanted = sum(wiring.PARTS[name].resistors.count(value) for name in Pins().fitted())
        assert texts.count(value) == table.count(f"{value}, from d to g") == wanted


def test_a_picture_of_your_own_pins_leaves_the_guide_as_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["breadboard", "--out", "-"])
    assert breadboard.main() == 0
    assert capsys.readouterr().out == breadboard.draw(Pins())
