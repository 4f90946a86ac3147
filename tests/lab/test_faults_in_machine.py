"""What is broken on the emulated machine: shown on its panel, kept in its journal, and named."""

from __future__ import annotations

from device.panel import Pins
from tools.lab.bedside import DATA, LINES, lit, press, wait_for_rows
from tools.lab.machine import Machine

PINS = Pins()
DOCTOR = "runuser -u liftlight -- liftlight doctor || true"
AMBER = (
    f"timeout 60 sh -c 'until read -r up < {LINES}{PINS.rest}/value; [ $up = 1 ]; do sleep 0.1; "
    "done' || { echo the light of faults does not come >&2; exit 1; }\n"
)
WELL_AGAIN = "until systemctl is-active -q liftlight; do sleep 0.5; done; sleep 5"


def test_a_line_that_another_program_holds(ready: Machine) -> None:
    hold = f"lgpio.gpio_claim_output(lgpio.gpiochip_open(0), {PINS.hold_3}); time.sleep(9999)"
    ready.sh(
        "systemctl stop liftlight; systemd-run --quiet --unit=holder --setenv=LG_WD=/tmp "
        f"python3 -c 'import lgpio, time; {hold}'; sleep 2"
    )
    ready.sh("systemctl start --no-block liftlight\n" + AMBER)
    wait_for_rows(ready, "SELECT DISTINCT kind FROM faults", [["panel"]])
    assert f"GPIO {PINS.hold_3}" in " ".join(ready.sh(DOCTOR).split())
    ready.sh(f"systemctl stop holder; {WELL_AGAIN}")
    assert lit(ready) == {"ready"}


def test_settings_that_cannot_be_read(ready: Machine) -> None:
    file = f"{DATA}/settings.toml"
    ready.sh(f"echo '[pins' > {file}; chown liftlight: {file}")
    ready.sh("systemctl restart --no-block liftlight\n" + AMBER)
    wait_for_rows(ready, "SELECT DISTINCT kind FROM faults", [["settings"]])
    assert "settings.toml" in ready.sh(DOCTOR)
    ready.sh(f"rm {file}; {WELL_AGAIN}")
    assert lit(ready) == {"ready"}


def test_a_full_card_is_shown_and_lets_itself_be_switched_off(ready: Machine) -> None:
    ready.sh("dd if=/dev/zero of=/data/full bs=4k 2>/dev/null || true; sync")
    ready.sh(press() + AMBER + "sleep 3")
    assert "camera" not in lit(ready), "long before the session's end"
    assert "free some space" in ready.sh(DOCTOR)
    ready.sh(f"systemd-run --quiet /bin/sh -c '{press(6.0)}'")
    ready.wait_until_off()
