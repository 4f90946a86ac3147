"""The build guide followed on the machine, from the end of the installation to everyday.

The commands are the guide's own. What needs hands (wires, the box, the card in another computer) or
a camera (`--aim`) cannot be followed here; the installation before it is `installed.py`'s, and the
date from a stick `test_stick_stories.py`'s.
"""

from __future__ import annotations

import re

from device.panel import Pins
from tests.conftest import ROOT
from tools.lab.bedside import lit, press, tones, watch
from tools.lab.machine import Machine

GUIDE = (ROOT / "firmware_config/README.md").read_text(encoding="utf-8")
PINS = Pins()
TURNS = [
    PINS.camera, PINS.hold_1, PINS.hold_2, PINS.hold_3, PINS.hold_4, PINS.hold_5, PINS.ready,
    PINS.rest,
]  # fmt: skip
"""The lights, in the order in which the guide says that they come."""
TOUR = """
PYTHONUNBUFFERED=1 {command} >/tmp/said 2>&1 &
for _ in $(seq 600); do ! grep -q 'now press' /tmp/said || break; sleep 0.2; done
{press} sleep 1; {press}
wait $!
"""


def command(pattern: str) -> str:
    """Return the one command of the guide that matches, as root types it."""
    (found,) = set(re.findall(rf"sudo ({pattern})", GUIDE))
    return str(found)


def test_every_part_is_tested_and_the_next_start_is_everyday(ready: Machine) -> None:
    open_door = command(r"mv \S+overlayroot\.off \S+")
    # The guide opens it right after the installation, where the boot partition can be written.
    ready.sh(f"mount -o remount,rw /boot/firmware && {open_door}")
    ready.restart()
    ready.sh("systemctl is-system-running --wait || true")
    assert lit(ready) == set(), "no LiftLight in a maintenance boot, and what was lit is dark"
    said = ready.sh("liftlight doctor 2>&1 || true")
    assert re.search(r"^ok +root +.*maintenance", said, re.M), said
    assert re.search(r"^ok +panel ", said, re.M), said

    seen = watch(ready, TOUR.format(command=command("liftlight doctor --panel"), press=press()))
    on = [change.pin for change in seen if change.value and change.pin in TURNS]
    first = list(dict.fromkeys(on))
    assert first == TURNS
    assert len(tones(seen, PINS.buzzer)) >= 3 + 2, "three notes, and a tick for each press"
    assert "presses seen: 2." in ready.sh("cat /tmp/said")

    ready.restart()
    ready.sh("timeout 300 sh -c 'until systemctl is-active -q liftlight; do sleep 1; done'")
    ready.sh("sleep 5")
    assert lit(ready) == {"ready"}
    assert ready.sh("findmnt -n -o FSTYPE /").strip() == "overlay"
