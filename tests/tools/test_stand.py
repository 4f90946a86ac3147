"""The drawing of the stand is to scale, says what is bought, and is the one in the repo."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from device import stand
from tools.documents import updated
from tools.stand import (
    HOOK,
    MATTRESS,
    OUT,
    PARTS,
    PLACES,
    README,
    Place,
    Point,
    arm_of,
    cable_of,
    draw,
    length_of,
    small_picture,
    tether_of,
)

SVG = "{http://www.w3.org/2000/svg}"
BACK, SIDE, SITTING = PLACES


def test_the_drawing_in_the_repo_is_that_of_the_figures() -> None:
    assert OUT.read_text(encoding="utf-8") == draw(), "draw it again: python -m tools.stand"


def test_what_is_bought_and_where_it_stands_is_what_is_drawn() -> None:
    page = README.read_text(encoding="utf-8")
    assert page == updated(README, PARTS), "write it again: python -m tools.stand"
    for length in (stand.ARM_CM, stand.TETHER_CM, stand.CABLE_CM):
        assert f"{length} cm" in PARTS["arm"]()
        assert f"{length} cm" in draw()


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.short)
def test_distance_and_angle_are_those_of_the_figures(place: Place) -> None:
    way = [there - here for there, here in zip(place.camera, place.face, strict=True)]
    assert math.hypot(*way) == pytest.approx(stand.DISTANCE_CM)
    along = sum(one * other for one, other in zip(way, place.looks, strict=True))
    off_axis = math.degrees(math.acos(along / math.hypot(*way)))
    assert off_axis == pytest.approx(place.degrees)
    assert off_axis < stand.REACH_DEG
    # In the view that shows the angle nothing of the way is hidden.
    view = place.views[place.true_view]
    assert math.hypot(way[view.across], way[view.down]) == pytest.approx(stand.DISTANCE_CM)


def test_lying_on_the_back_nothing_hangs_above_the_head() -> None:
    less, more = stand.OFF_AXIS_DEG
    assert less <= BACK.degrees <= more
    beside = BACK.landing.x - BACK.radii.x
    assert beside > 10
    assert f"{beside:.0f} cm beside the cheek" in PARTS["places"]()
    assert BACK.landing.z > MATTRESS, "it lands on the pillow"


@pytest.mark.parametrize("place", [SIDE, SITTING], ids=lambda place: place.short)
def test_elsewhere_it_falls_before_the_face(place: Place) -> None:
    before = [there - here for there, here in zip(place.landing, place.face, strict=True)]
    assert sum(one * other for one, other in zip(before, place.looks, strict=True)) > 10


def surface(place: Place) -> Iterator[Point]:
    """Points all over the head."""
    for up, round_ in itertools.product(range(0, 181, 15), range(0, 360, 15)):
        polar, turn = math.radians(up), math.radians(round_)
        way = Point(
            math.sin(polar) * math.cos(turn), math.sin(polar) * math.sin(turn), math.cos(polar)
        )
        yield Point(
            *(
                middle + radius * step
                for middle, radius, step in zip(place.middle, place.radii, way, strict=True)
            )
        )


def test_the_tether_holds_the_arms_end_where_it_is_and_away_from_the_head() -> None:
    assert math.dist(HOOK, BACK.camera) < stand.TETHER_CM
    assert min(math.dist(HOOK, point) for point in surface(BACK)) > stand.TETHER_CM + 10


def test_what_is_drawn_is_as_long_as_what_is_bought() -> None:
    for course, length in (
        (arm_of(BACK), stand.ARM_CM),
        (tether_of(BACK), stand.TETHER_CM),
        (cable_of(BACK), stand.CABLE_CM),
    ):
        assert length_of(course) == pytest.approx(length, abs=0.1)
    assert arm_of(BACK)[-1] == tether_of(BACK)[0] == cable_of(BACK)[-1] == BACK.camera
    assert tether_of(BACK)[-1] == HOOK


def words(element: ElementTree.Element) -> list[tuple[float, float, float, float, str]]:
    """The words straight below an element: left, top, right, bottom, and what they say."""
    found = []
    for one in element.findall(f"{SVG}text"):
        said, size = one.text or "", float(one.get("font-size", "13"))
        width = 0.6 * size * len(said)
        x, y = float(one.get("x", "0")), float(one.get("y", "0"))
        left = (
            x - {"start": 0.0, "middle": 0.5, "end": 1.0}[one.get("text-anchor", "start")] * width
        )
        found.append((left, y - 0.75 * size, left + width, y + 0.2 * size, said))
    return found


def test_no_words_cover_others_or_leave_their_view() -> None:
    picture = ElementTree.fromstring(draw())
    views = picture.findall(f"{SVG}svg")
    assert len(views) == 2 * len(PLACES)
    for view in (picture, *views):
        width, height = float(view.get("width", "0")), float(view.get("height", "0"))
        for left, top, right, bottom, said in words(view):
            assert left >= 0, said
            assert right <= width, said
            assert top >= 0, said
            assert bottom <= height, said
        for one, other in itertools.combinations(words(view), 2):
            apart = (
                one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            )
            assert apart, (one[4], other[4])


def test_a_small_picture_shows_the_place_and_tells_it_to_who_cannot_see() -> None:
    for place in PLACES:
        said = f'{place.title}: "here" & <there>'
        picture = ElementTree.fromstring(small_picture(place, said))
        assert picture.get("aria-label") == said
        assert [one.text for one in picture.iter("text")] == [f"{stand.DISTANCE_CM:.0f} cm"]
