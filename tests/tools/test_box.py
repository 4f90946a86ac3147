"""The box can be cut as it is drawn, everything fits into it, and on paper it has its true size."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree

import pytest

from device.panel import Pins
from tools import box, stand
from tools.environment import ToolError

PLATES = {plate.name: plate for plate in box.plates()}


def test_the_drawing_in_the_repo_is_that_of_the_code_and_the_paper_was_printed_from_it() -> None:
    assert box.SVG.read_text(encoding="utf-8") == box.draw(), "draw it again: python -m tools.box"
    assert box.title_of_paper().encode() in box.PDF.read_bytes(), "print it: python -m tools.box"


def test_a_unit_of_the_drawing_is_a_millimetre_and_its_ruler_has_a_hundred() -> None:
    picture = ElementTree.fromstring(box.draw())
    _, _, width, height = picture.get("viewBox", "").split()
    assert (picture.get("width"), picture.get("height")) == (f"{width}mm", f"{height}mm")
    rulers = [one for one in picture if one.get("fill") == "#000000"]
    assert [one.get("width") for one in rulers] == ["100"]


def test_on_paper_100_mm_are_100_mm() -> None:
    try:
        sheets = box.sheets_of(box.PDF)
    except ToolError as error:
        pytest.skip(str(error))
    large = [plate for plate in PLATES.values() if plate.width > 40]
    assert len(sheets) == len(large)
    assert box.measured_rulers(sheets) == pytest.approx([box.RULER] * len(sheets), abs=0.3)


@pytest.mark.parametrize("pins", [Pins(), Pins(illuminator=26)])
def test_no_hole_overlaps_another_or_leaves_its_plate(pins: Pins) -> None:
    assert [fault for plate in box.plates(pins) for fault in box.faults(plate)] == []


def test_a_box_that_cannot_be_cut_is_told() -> None:
    hole = box.Hole("rest", 20, 20, 5)
    beside, outside = box.Hole("ready", 24, 20, 5), box.Hole("usb", 39, 20, 6, 3)
    assert box.faults(box.Plate("front", 40, 40, (hole, beside))) == [
        "front: rest and ready are too near to each other"
    ]
    assert box.faults(box.Plate("left", 40, 40, (hole, outside))) == [
        "left: usb is too near its edge"
    ]


@pytest.mark.parametrize("pins", [Pins(), Pins(illuminator=26)])
def test_each_part_of_the_panel_has_a_hole_of_its_own(pins: Pins) -> None:
    holes = [hole.name for plate in box.plates(pins) for hole in plate.holes]
    for name in pins.fitted():
        assert holes.count(name) == 1, name


def test_the_lights_stand_in_the_order_in_which_they_tell() -> None:
    at = {hole.name: hole for hole in PLATES["front"].holes}
    row = [at[name] for name in ("hold_1", "hold_2", "hold_3", "hold_4", "hold_5", "ready", "rest")]
    assert all(one.x < other.x and one.y == other.y for one, other in itertools.pairwise(row))
    assert at["camera"].y < row[0].y


def test_the_plates_make_the_box_that_the_stand_shows() -> None:
    width, depth, height = (10 * side for side in stand.BOX)
    for name in ("bottom", "top"):
        assert (PLATES[name].width, PLATES[name].height) == (width, depth)
    for name in ("front", "back"):
        assert (PLATES[name].width, PLATES[name].height + 2 * box.THICK) == (width, height)
    for name in ("left", "right"):
        assert PLATES[name].width + 2 * box.THICK == depth
        assert PLATES[name].height + 2 * box.THICK == height


def test_either_board_and_the_breadboard_fit_between_the_walls() -> None:
    bottom = PLATES["bottom"]
    wall = box.THICK
    for one in bottom.outlines:
        assert min(one.x, one.y) >= wall, one.name
        assert one.x + one.width <= bottom.width - wall, one.name
        assert one.y + one.height <= bottom.height - wall, one.name
    *boards, breadboard = bottom.outlines
    for board in boards:
        assert board.x + board.width < breadboard.x or board.y + board.height < breadboard.y
        its = [hole for hole in bottom.holes if hole.name in (board.name, "both boards")]
        assert len(its) == 4
        for hole in its:
            left, top, right, below = hole.reach
            assert left > board.x
            assert top > board.y
            assert right < board.x + board.width
            assert below < board.y + board.height


def test_the_usb_sockets_of_the_long_board_are_behind_the_opening() -> None:
    board, *_ = box.board_outlines()
    (opening,) = PLATES["left"].holes
    assert board.x - box.THICK <= 5, "a stick reaches the socket"
    left, top, right, bottom = opening.reach
    # The left wall is seen from outside, so its left end is at the back.
    assert left + box.THICK <= board.y
    assert right + box.THICK >= board.y + board.height
    above_the_bottom = PLATES["left"].height - bottom, PLATES["left"].height - top
    spacer, board_thick, socket = 6.0, 1.6, 16.0
    assert above_the_bottom[0] <= spacer + board_thick
    assert above_the_bottom[1] >= spacer + board_thick + socket


def test_each_page_holds_its_plate() -> None:
    width, height = box.PAPER
    for plate in PLATES.values():
        assert plate.width <= width - 2 * 10
        assert plate.height <= height - 40 - 10
    assert box.page().count("<svg ") == sum(plate.width > 40 for plate in PLATES.values())
