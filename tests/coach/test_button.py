"""One button, a few gestures, each judged once."""

from __future__ import annotations

from collections.abc import Sequence

from device.coach.button import AGAIN_S, Button, Gesture, Grammar, Recognized

IDLE = Grammar(adds_up=True, hold=5.0)
BUSY = Grammar(adds_up=False, hold=2.0)
STOPPED = Grammar(adds_up=False, hold=3.0, goes_on=True)


def play(grammar: Grammar, edges: Sequence[float], until: float = 60.0) -> list[Recognized[str]]:
    """Press and release alternately at `edges`, asking at every deadline as the loop does."""
    button: Button[str] = Button()
    judged: list[Recognized[str]] = []

    def catch_up(time: float) -> None:
        while (due := button.next_deadline()) is not None and due <= time:
            judged.extend(button.tick(due))

    for index, edge in enumerate(edges):
        catch_up(edge)
        judged.extend(button.up(edge) if index % 2 else button.down(edge, "here", grammar))
    catch_up(until)
    return judged


def gestures(grammar: Grammar, *edges: float) -> list[Gesture]:
    return [judged.gesture for judged in play(grammar, edges)]


def test_a_press_in_a_session_is_judged_at_its_release() -> None:
    assert play(BUSY, (1.0, 1.2)) == [Recognized(Gesture.PRESS, "here", 1.0, 1.2)]


def test_an_idle_press_waits_for_a_second_one() -> None:
    assert play(IDLE, (1.0, 1.2)) == [Recognized(Gesture.PRESS, "here", 1.0, 1.2 + AGAIN_S)]


def test_presses_add_up_while_idle() -> None:
    assert gestures(IDLE, 1.0, 1.1, 1.3, 1.4) == [Gesture.DOUBLE]
    assert play(IDLE, (1.0, 1.1, 1.3, 1.4, 1.6, 1.7)) == [
        Recognized(Gesture.TRIPLE, "here", 1.0, 1.7)
    ]


def test_a_second_press_is_part_of_the_gesture_however_long_it_lasts() -> None:
    double = Recognized(Gesture.DOUBLE, "here", 1.0, 2.0 + AGAIN_S)
    assert play(IDLE, (1.0, 1.1, 1.3, 2.0)) == [double]
    assert gestures(IDLE, 1.0, 1.1, 1.3, 9.0) == [Gesture.HOLD]


def test_presses_far_apart_are_two() -> None:
    assert gestures(IDLE, 1.0, 1.1, 1.1 + AGAIN_S + 0.01, 2.0) == [Gesture.PRESS, Gesture.PRESS]


def test_slower_hands_may_be_given_longer_for_the_second_press() -> None:
    slow: Button[str] = Button(again_s=1.2)
    slow.down(1.0, "here", IDLE)
    slow.up(1.3)
    slow.down(2.4, "here", IDLE)
    slow.up(2.8)
    assert slow.tick(3.99) == []
    assert slow.tick(4.0) == [Recognized(Gesture.DOUBLE, "here", 1.0, 4.0)]


def test_a_fourth_press_begins_anew() -> None:
    edges = [start + offset for start in (1.0, 1.3, 1.6, 1.9) for offset in (0.0, 0.1)]
    assert gestures(IDLE, *edges) == [Gesture.TRIPLE, Gesture.PRESS]


def test_presses_do_not_add_up_in_a_session() -> None:
    assert gestures(BUSY, 1.0, 1.1, 1.2, 1.3) == [Gesture.PRESS, Gesture.PRESS]


def test_a_hold_is_judged_while_it_lasts_and_its_release_means_nothing() -> None:
    assert play(BUSY, (1.0, 9.0)) == [Recognized(Gesture.HOLD, "here", 1.0, 3.0)]
    assert play(IDLE, (1.0, 9.0)) == [Recognized(Gesture.HOLD, "here", 1.0, 6.0)]


def test_letting_go_before_the_threshold_is_a_press() -> None:
    assert gestures(BUSY, 1.0, 2.99) == [Gesture.PRESS]
    assert gestures(IDLE, 1.0, 5.9) == [Gesture.PRESS]


def test_a_hold_that_goes_on_is_another_hold_where_that_is_asked() -> None:
    button: Button[str] = Button()
    button.down(1.0, "session", BUSY)
    assert button.tick(3.0) == [Recognized(Gesture.HOLD, "session", 1.0, 3.0)]
    button.go_on(3.0, "stopped", STOPPED)
    assert button.next_deadline() == 6.0
    assert button.tick(6.0) == [Recognized(Gesture.HOLD, "stopped", 3.0, 6.0)]
    assert button.up(7.0) == []


def test_letting_go_of_a_hold_that_went_on_is_no_press() -> None:
    button: Button[str] = Button()
    button.down(1.0, "session", BUSY)
    button.tick(3.0)
    button.go_on(3.0, "stopped", STOPPED)
    assert button.up(5.9) == []
    assert (button.begun_in, button.next_deadline()) == (None, None)
    button.go_on(6.0, "stopped", STOPPED)
    assert button.next_deadline() is None, "nothing is held any more"


def test_a_late_loop_judges_the_same() -> None:
    button: Button[str] = Button()
    button.down(1.0, "here", BUSY)
    assert button.up(4.0) == [Recognized(Gesture.HOLD, "here", 1.0, 3.0)]


def test_the_context_is_that_of_the_first_press() -> None:
    button: Button[str] = Button()
    button.down(1.0, "then", IDLE)
    button.up(1.1)
    button.down(1.2, "now", BUSY)
    assert button.begun_in == "then"
    button.up(1.3)
    assert button.tick(3.0) == [Recognized(Gesture.DOUBLE, "then", 1.0, 1.3 + AGAIN_S)]
    assert button.begun_in is None


def test_edges_that_cannot_be_are_ignored() -> None:
    button: Button[str] = Button()
    assert button.up(1.0) == []
    button.down(2.0, "here", BUSY)
    assert button.down(2.05, "there", BUSY) == []
    assert button.up(2.2) == [Recognized(Gesture.PRESS, "here", 2.0, 2.2)]
    assert button.up(2.3) == []
