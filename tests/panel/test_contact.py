"""Stories of a button's contact: what is a press, and what only bounces."""

from __future__ import annotations

import contextlib
import itertools
import queue
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.panel import contact as panel_contact
from device.panel.contact import Contact, Debounce

BOUNCE_S = 0.02
POLLS = 2
"""How often the contact is polled in that time."""


def heard(polls: str, bounce: int = POLLS) -> str:
    """The moves of a contact, in order, that was open and was polled as open `_` or closed `#`."""
    contact = Debounce(False, bounce)
    return "".join("#" if contact.level else "_" for poll in polls if contact.moved(poll == "#"))


def test_a_press_is_a_contact_that_stays_closed() -> None:
    assert heard("__###____") == "#_"


def test_one_that_bounces_is_one_press() -> None:
    assert heard("_#_#_##_####_###_#__#____") == "#_"


def test_a_spike_is_none() -> None:
    assert heard("_#___##___#_#_##__") == ""


def test_a_hand_that_trembles_lets_go_only_once_it_does() -> None:
    trembling = "____######___#######___######___####______"
    assert heard(trembling) == "#_#_#_#_"
    assert heard(trembling, bounce=3) == "#_"


@given(st.lists(st.booleans(), max_size=60))
def test_what_is_heard_takes_turns_and_each_move_was_seen_to_last(polls: list[bool]) -> None:
    contact = Debounce(False, POLLS)
    moves = [number for number, poll in enumerate(polls) if contact.moved(poll)]
    assert len(moves) % 2 == contact.level
    for turn, number in enumerate(moves):
        lasting = polls[number - POLLS : number + 1]
        assert lasting == [turn % 2 == 0] * (POLLS + 1)
    for one, other in itertools.pairwise(moves):
        assert other - one > POLLS


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


def test_a_poll_that_fails_is_skipped_and_the_next_press_is_heard() -> None:
    moves, failures = queue.Queue[bool](), queue.Queue[Exception]()
    polls = itertools.count()

    def read() -> bool:
        poll = next(polls)
        if poll in (3, 7, 8):
            raise OSError("Input/output error")
        return poll >= 5

    with contextlib.closing(Contact(read, moves.put, BOUNCE_S, failures.put)):
        assert moves.get(timeout=10.0)
    assert failures.empty()


def test_a_contact_that_cannot_be_read_is_reported_once_until_it_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(panel_contact, "UNREADABLE_S", 3 * BOUNCE_S)
    moves, failures = queue.Queue[bool](), queue.Queue[Exception]()
    state: list[bool | None] = [False]
    blind = threading.Semaphore(0)

    def read() -> bool:
        if state[0] is None:
            blind.release()
            raise OSError("No such device")
        return state[0]

    with contextlib.closing(Contact(read, moves.put, BOUNCE_S, failures.put)):
        for _ in range(2):
            state[0] = None
            assert str(failures.get(timeout=10.0)) == "No such device"
            for _ in range(30):
                assert blind.acquire(timeout=10.0)
            assert failures.empty()
            for level in (True, False):
                state[0] = level
                assert moves.get(timeout=10.0) is level


def test_closing_does_not_wait_for_ever_for_a_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel_contact, "CLOSE_WITHIN_S", 0.05)
    hung, over = threading.Event(), threading.Event()
    polls = itertools.count()

    def read() -> bool:
        if next(polls):
            hung.set()
            over.wait(60.0)
        return False

    contact = Contact(read, lambda _: None, BOUNCE_S)
    assert hung.wait(10.0)
    contact.close()
    assert not over.is_set()
    over.set()


def test_what_escapes_from_what_it_tells_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    level, escaped = [False], queue.Queue[threading.ExceptHookArgs]()
    monkeypatch.setattr(threading, "excepthook", escaped.put)

    def moved(_: bool) -> None:
        raise ValueError("nobody thought of this")

    contact = Contact(lambda: level[0], moved, BOUNCE_S)
    level[0] = True
    assert str(escaped.get(timeout=10.0).exc_value) == "nobody thought of this"
    contact.close()


def test_it_may_be_closed_by_what_it_tells() -> None:
    level, told = [False], queue.Queue[bool]()

    def once(closed: bool) -> None:
        contact.close()
        told.put(closed)

    contact = Contact(lambda: level[0], once, BOUNCE_S)
    level[0] = True
    assert told.get(timeout=10.0)
