"""A person at the emulated bedside: pressing, lifting, stopping, switching off."""

from __future__ import annotations

from device.panel import Pins
from tools.lab.bedside import lit, press, rows, wait_for_rows, watch
from tools.lab.machine import Machine

PINS = Pins()
SESSION_S = 90
"""The recorded session, the cues after it, and as long as a camera could be missed in, seconds."""
AT_ONCE_S = 0.05
"""Light and sound that belong together."""
REPS = 10


def test_a_press_is_seen_and_heard(ready: Machine) -> None:
    seen = watch(ready, press() + "sleep 3")
    clicks = [change for change in seen if change.pin == PINS.buzzer and change.value]
    dark = [change for change in seen if change.pin == PINS.ready and not change.value]
    assert len(clicks) > 5
    assert dark[0].at - clicks[0].at < AT_ONCE_S
    assert "camera" in lit(ready)


def test_a_session_is_counted_and_kept(ready: Machine, lab_report: list[str]) -> None:
    ready.sh(press() + f"sleep {SESSION_S}")
    wait_for_rows(ready, "SELECT ending FROM sessions", [["done"]])
    lifts = rows(ready, "SELECT number, hold_s FROM lifts WHERE reason IS NULL ORDER BY id")
    lab_report += ["", "The journal of a session in the emulated machine:"]
    lab_report += [f"  rep {number}, held {hold:.2f} s" for number, hold in lifts]
    assert rows(ready, "SELECT kind, detail FROM faults") == []
    assert [number for number, _ in lifts] == list(range(1, REPS + 1))
    assert "camera" not in lit(ready)


def test_a_hold_of_two_seconds_stops_the_session(ready: Machine) -> None:
    ready.sh(press() + "sleep 8\n" + press(2.5) + "sleep 3")
    wait_for_rows(ready, "SELECT ending FROM sessions", [["stopped"]])
    assert "camera" not in lit(ready)
    assert ready.sh("systemctl is-active liftlight").strip() == "active"


def test_a_hold_of_five_seconds_switches_off(ready: Machine) -> None:
    ready.sh(f"systemd-run --quiet /bin/sh -c '{press(6.0)}'")
    ready.wait_until_off()
