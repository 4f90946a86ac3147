"""Stories of a button's contact: what is a press, and what only bounces."""

from __future__ import annotations

import contextlib
import itertools
import queue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.panel.contact import LOOKS, Contact, Debounce

BOUNCE_S = 0.02


def heard(looks: str) -> str:
    """What comes of looks at an open contact, `_` open and `#` closed: its moves, in order."""
    contact = Debounce(False)
    return "".join("#" if contact.level else "_" for look in looks if contact.moved(look == "#"))


def test_a_press_is_a_contact_that_stays_closed() -> None:
    assert heard("__###____") == "#_"


def test_one_that_bounces_is_one_press() -> None:
    assert heard("_#_#_##_####_###_#__#____") == "#_"


def test_a_spike_is_none() -> None:
    assert heard("_#___##___#_#_##__") == ""


@given(st.lists(st.booleans(), max_size=60))
def test_what_is_heard_takes_turns_and_each_move_was_seen_to_last(looks: list[bool]) -> None:
    contact = Debounce(False)
    moves = [number for number, look in enumerate(looks) if contact.moved(look)]
    assert len(moves) % 2 == contact.level
    for turn, number in enumerate(moves):
        assert looks[number - LOOKS : number + 1] == [turn % 2 == 0] * (LOOKS + 1)
    for one, other in itertools.pairwise(moves):
        assert other - one > LOOKS


def test_a_contact_tells_of_its_moves_until_it_is_closed() -> None:
    level, moves = [False], queue.Queue[bool]()
    contact = Contact(lambda: level[0], moves.put, BOUNCE_S)
    with contextlib.closing(contact):
        for closed in (True, False, True):
            level[0] = closed
            assert moves.get(timeout=10.0) == closed
    level[0] = False
    with pytest.raises(queue.Empty):
        moves.get(timeout=5 * BOUNCE_S)


def test_it_may_be_closed_by_what_it_tells() -> None:
    level, told = [False], queue.Queue[bool]()

    def once(closed: bool) -> None:
        contact.close()
        told.put(closed)

    contact = Contact(lambda: level[0], once, BOUNCE_S)
    level[0] = True
    assert told.get(timeout=10.0)
