"""What goes wrong on the emulated machine, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from device.panel import Pins
from tools.lab.bedside import DATA, LINES, lit, press, rows, wait_for_rows, watch
from tools.lab.installed import lent, ready_system
from tools.lab.machine import Machine

PINS = Pins()
ILLUMINATOR = 26
MAIN = "$(systemctl show -P MainPID liftlight)"
WATCHDOG_S = 6.0
BACK_WITHIN_S = 15.0
LOST_ITS_TIME = "2000-01-01T00:00:00"
"""What a DS3231 says whose battery was taken out."""
STILL_AHEAD = "2037-01-01T10:30:00"


def test_a_hung_device_is_started_anew_with_its_session(
    ready: Machine, lab_report: list[str]
) -> None:
    ready.sh(press() + "sleep 45")
    before = rows(ready, "SELECT COUNT(*) FROM lifts")
    hung = float(ready.sh(f"kill -STOP {MAIN}; awk '{{ print $1 }}' /proc/uptime"))
    ready.sh(
        f"sleep {WATCHDOG_S}; until [ $(systemctl show -P NRestarts liftlight) = 1 ] && "
        "systemctl is-active --quiet liftlight; do sleep 0.2; done"
    )
    killed = logged(ready, "Watchdog timeout")
    back = logged(ready, "Started liftlight.service")
    lab_report += ["", f"stopped dead: killed after {killed - hung:.1f} s, ready again "
                   f"{back - killed:.1f} s later, by the machine's clock"]  # fmt: skip
    assert rows(ready, "SELECT COUNT(*) FROM lifts") == before != [[0]]
    wait_for_rows(ready, "SELECT ending FROM sessions", [["interrupted"]])
    assert killed - hung < WATCHDOG_S + 0.5
    assert back - hung <= BACK_WITHIN_S


def test_killed_with_a_tone_and_the_illuminator_on_it_is_made_dark_and_silent(
    ready: Machine, lab_report: list[str]
) -> None:
    ready.sh(
        f"printf '[pins]\nilluminator = {ILLUMINATOR}\n' > {DATA}/settings.toml; "
        f"chown liftlight: {DATA}/settings.toml; systemctl restart liftlight; sleep 3"
    )
    light, buzzer = (f"{LINES}{pin}/value" for pin in (ILLUMINATOR, PINS.buzzer))
    seen = watch(
        ready,
        f"pid={MAIN}\n" + press() + f"until read -r lamp < {light}; read -r up < {buzzer}; "
        "[ $lamp$up = 11 ]; do :; done; kill -KILL $pid; "
        # Whatever it still did itself lies before this.
        "while kill -0 $pid 2>/dev/null; do :; done; "
        "awk '{ print $1 }' /proc/uptime > /run/killed; "
        f"read -r lamp < {light}; read -r up < {buzzer}; echo $lamp$up > /run/left; "
        "until [ $(systemctl show -P NRestarts liftlight) = 1 ]; do sleep 0.2; done",
    )
    # Lines that their holder let go of are dark at once: here as with strict_gpiod on a Pi.
    assert ready.sh("cat /run/left") == "00\n"
    # Where that is missing they stay up until they are told to go down, by the time LiftLight
    # itself is there again.
    killed, again = float(ready.sh("cat /run/killed")), logged(ready, "Scheduled restart job")
    told = [change for change in seen if killed < change.at < again]
    assert {change.pin for change in told} >= {ILLUMINATOR, PINS.buzzer}
    assert not any(change.value for change in told)
    dark = max(change.at for change in told)
    lab_report += ["", "killed in a tone: dark and silent at once, and all told to be so "
                   f"{dark - killed:.1f} s later, by the machine's clock"]  # fmt: skip


def test_without_a_data_partition_the_fault_is_shown(ready: Machine) -> None:
    ready.sh("e2label /dev/vda3 OTHER; sync")
    ready.restart()
    ready.sh("until systemctl is-active -q multi-user.target; do sleep 1; done")
    assert ready.sh("systemctl is-active liftlight-no-data liftlight || true").split() == [
        "active", "inactive",
    ]  # fmt: skip
    amber = [change for change in watch(ready, "sleep 15") if change.pin == PINS.rest]
    assert any(change.value for change in amber)
    assert ready.sh("findmnt /data || true") == ""
    assert ready.sh("ls -A /data") == ""


def test_a_wrong_clock_at_the_start_unlocks_nothing(ready: Machine, tmp_path: Path) -> None:
    ready.sh(press() + "sleep 50\n" + press(2.5) + "sleep 3; touch /etc/forgotten /data/kept")
    wait_for_rows(ready, "SELECT ending FROM sessions", [["stopped"]])
    assert rows(ready, "SELECT count(*) >= 3 FROM lifts") == [[1]], "a day of training"
    # Set forward while the power is on. LiftLight looks at its chip when it starts, then hourly;
    # its journal notes the time once a minute.
    forward = "timedatectl set-time '2037-01-01 10:00:00' && systemctl restart liftlight && "
    ready.sh(forward + "sleep 70")
    assert ready.sh("cat /sys/class/rtc/rtc0/date")[:4] == STILL_AHEAD[:4]
    ready.switch_off()
    system = replace(ready_system(), disk=ready.folder / "disk.qcow2")
    for wrong in (LOST_ITS_TIME, STILL_AHEAD):
        folder = tmp_path / wrong
        folder.mkdir()
        card = lent(system, folder)
        with Machine(system, folder, card, exact=True, switched_on_at=wrong) as later:
            later.wait_for_agent()
            later.sh("until systemctl is-active -q liftlight; do sleep 1; done; sleep 5")
            assert later.sh("cat /sys/class/rtc/rtc0/date")[:4] == wrong[:4]
            assert later.sh("ls /etc/forgotten /data/kept 2>/dev/null || true") == "/data/kept\n"
            later.sh(press() + "sleep 3")
            assert "camera" not in lit(later)
            assert rows(later, "SELECT COUNT(*) FROM sessions") == [[1]]


def logged(machine: Machine, words: str) -> float:
    """When systemd last said so of LiftLight, monotonic seconds of the machine."""
    said = machine.sh("journalctl -b -u liftlight -o short-monotonic --no-pager")
    lines = [line for line in said.splitlines() if words in line]
    return float(lines[-1].split("]")[0].strip("[ "))
