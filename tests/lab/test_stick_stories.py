"""Sticks in the emulated machine's USB port: the kernel's drivers, udev, systemd, and the panel.

What is on a stick afterwards is read back here, on another computer, by other drivers (FUSE).
"""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from device.panel import Pins
from device.sync import export
from tests.folders import device, empty
from tests.volumes import SIZE, Volume, can_mount, fill, lying_chip
from tools.lab.bedside import Change, gadget, lit, press, rows, stick, wait_for_rows, watch
from tools.lab.machine import Machine

ODD = frozenset({"hold_1", "hold_3", "hold_5"})
EVEN = frozenset({"hold_2", "hold_4"})
DONE, FAILED = ODD | {"ready"}, ODD | {"rest"}
MOMENT_S = 0.1
REPORT_WITHIN_S = 10.0
AS_LIFTLIGHT = "runuser -u liftlight -- liftlight"
DATA = "--data /data/liftlight"
BASIC_DATA = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"

UNITS = "'liftlight-stick@*'"
SAID = f"journalctl -b -u {UNITS} -o cat --no-pager"
HEARD = "journalctl -b -f -n all -o cat " + " ".join(f"-u liftlight-stick@sd{n}" for n in "abc")
"""The same as it comes; by name, for none of them may have run yet."""
VOLUME = "/run/liftlight-stick/sda/volume"
INSIDE = "nsenter -m -t $(systemctl show -P MainPID liftlight-stick@sda)"


def ended(times: int = 1) -> str:
    """A script that waits until so many sticks were done with, and their signal shown.

    It wakes for what is said as it comes, and then makes sure that `said` finds it too: what is
    heard may have ended too early, or be ahead of what can be looked up.
    """
    final = "grep -E '^(synced|failed)'"
    return (
        f"{final} -m {times} < <(exec {HEARD}); "
        f'until [ "$({SAID} 2>/dev/null | {final} -c)" -ge {times} ]; do sleep 1; done; '
        f'while [ -n "$(systemctl list-units -q --state=activating {UNITS})" ]; '
        "do sleep 1; done; sleep 6"
    )


def said(machine: Machine) -> list[str]:
    """What the units said, word by word as it is told to the device."""
    # Where none of them ever ran, there is nothing to look for, and journalctl fails.
    lines = machine.sh(f"{SAID} || true").splitlines()
    assert not any("Traceback" in line for line in lines)
    return [line for line in lines if line.split(" ")[0] in ("working", "synced", "failed", "time")]


def shown(seen: Sequence[Change]) -> set[frozenset[str]]:
    """All that the lights showed for a moment; one that is dimmed is switched fast, and lit.

    The first change of each tells what it was before: the signal may have begun already.
    """
    names = {pin: name for name, pin in Pins().fitted().items() if name not in ("button", "buzzer")}
    changes = [change for change in seen if change.pin in names]
    firsts = {change.pin: change.value for change in reversed(changes)}
    now, before, last = {names[pin] for pin in firsts if not firsts[pin]}, set[str](), 0
    found = {frozenset(now)}
    for number, group in itertools.groupby(changes, lambda change: int(change.at / MOMENT_S)):
        if number > last + 1:
            found.add(frozenset(now))
        lit = set(now)
        for change in group:
            if change.value:
                now.add(names[change.pin])
                lit.add(names[change.pin])
            else:
                now.discard(names[change.pin])
        if lit == before:
            found.add(frozenset(lit))
        before, last = lit, number
    return found


def nothing_is_left(machine: Machine) -> None:
    """No mount, no unit, and LiftLight as before."""
    assert machine.sh("grep -l liftlight-stick /proc/[0-9]*/mounts || true") == ""
    assert machine.sh(f"systemctl list-units -q --failed {UNITS}") == ""
    assert machine.sh("systemctl is-active liftlight").strip() == "active"


def exports(volume: Volume) -> list[export.Generation]:
    """The whole exports on a stick, as another computer sees them."""
    with volume.mounted(read_only=True):
        return [
            one
            for home in volume.place.glob("liftlight-*")
            for one in export.whole_generations(home)
        ]


@pytest.fixture
def volume(kind: str, tmp_path: Path) -> Volume:
    return Volume(kind, tmp_path, tmp_path)


@pytest.fixture
def exfat(tmp_path: Path) -> Volume:
    can_mount("exfat")
    return Volume("exfat", tmp_path, tmp_path)


def test_plugged_in_it_gets_the_log_and_the_panel_says_done(
    ready: Machine, volume: Volume, lab_report: list[str]
) -> None:
    with stick(ready, volume.image):
        lights = shown(watch(ready, ended()))
        assert "liftlight-stick@sda.service" in ready.sh("udevadm info -q property /dev/sda")
        assert said(ready) == ["working", "synced"]
        assert {ODD, EVEN, DONE} <= lights
        assert not lit(ready) & (ODD | EVEN), "and what it said is over"
        nothing_is_left(ready)
    took = ready.sh(
        f"journalctl -b -u {UNITS} -o short-monotonic --no-pager | grep -E 'working|synced'"
    )
    begun, done = (float(line.split("]")[0].strip("[ ")) for line in took.splitlines())
    lab_report += [
        "",
        f"{volume.kind}: from working to synced {done - begun:.1f} s of the machine's time",
    ]
    wait_for_rows(ready, "SELECT kind FROM moments", [["copied"]])
    (whole,) = exports(volume)
    assert whole.manifest.sequence == 1
    with stick(ready, volume.image):
        ready.sh(ended(2))
    assert [one.manifest.sequence for one in exports(volume)] == [2], "the older one is retired"
    volume.check()


def test_pulled_in_the_middle_it_keeps_the_older_export(ready: Machine, volume: Volume) -> None:
    with stick(ready, volume.image):
        ready.sh(ended())
    with stick(ready, volume.image, writes_a_second=8_000) as plugged:
        begun = f"{INSIDE} sh -c 'ls {VOLUME}/liftlight-*/export-2/journal.db'"
        ready.sh(f"until {begun}; do sleep 0.2; done")
        options = ready.sh(f"{INSIDE} findmnt -n -o OPTIONS {VOLUME}").strip().split(",")
        plugged.pull()
        lights = shown(watch(ready, ended(2)))
    assert {"rw", "nosuid", "nodev", "noexec"} <= set(options)
    *_, last = said(ready)
    assert last.startswith("failed the stick was pulled before it was done")
    assert FAILED in lights
    wait_for_rows(ready, "SELECT kind FROM faults", [["stick"]])
    nothing_is_left(ready)
    assert [one.manifest.sequence for one in exports(volume)] == [1]


def test_a_full_one_is_named_and_keeps_its_older_export(ready: Machine, volume: Volume) -> None:
    with stick(ready, volume.image):
        ready.sh(ended())
    with volume.mounted(read_only=False):
        fill(volume.place / "holiday.jpg", SIZE[volume.kind])
    with stick(ready, volume.image):
        lights = shown(watch(ready, ended(2)))
    assert (
        said(ready)[-1] == "failed the stick is full: free some space on it, or take another stick."
    )
    assert FAILED in lights
    assert [one.manifest.sequence for one in exports(volume)] == [1]


def test_a_locked_one_is_named(ready: Machine, exfat: Volume) -> None:
    with stick(ready, exfat.image, locked=True):
        lights = shown(watch(ready, ended()))
        assert "liftlight-stick@sda" in ready.sh(f"systemctl list-units -q --failed {UNITS}")
    assert said(ready) == ["working", "failed the stick may not be written: slide its lock open."]
    assert FAILED in lights
    nothing_is_left(ready)


def test_one_that_lies_about_its_size_is_not_called_done(ready: Machine, tmp_path: Path) -> None:
    can_mount("exfat")
    honest = Volume("exfat", empty(tmp_path / "honest"), tmp_path)
    with lying_chip(tmp_path, SIZE["exfat"], honest.data_begins() + 100_000, "lost") as chip:
        lying = Volume("exfat", tmp_path, tmp_path, chip)
        with stick(ready, lying.image):
            lights = shown(watch(ready, ended()))
    assert said(ready)[-1].startswith("failed")
    assert DONE not in lights
    nothing_is_left(ready)


def test_with_ten_thousand_files_it_is_as_any_other(ready: Machine, volume: Volume) -> None:
    volume.crowd(10_000)
    with stick(ready, volume.image):
        ready.sh(ended())
    assert said(ready) == ["working", "synced"]
    assert len(exports(volume)) == 1


def test_of_two_partitions_the_one_that_people_see_is_taken(ready: Machine, tmp_path: Path) -> None:
    image = tmp_path / "mac.img"
    image.touch()
    subprocess.run(["truncate", "-s", "64M", image], check=True)
    table = f"label: gpt\nstart=2048,size=40960,type=U\nstart=43008,size=81920,type={BASIC_DATA}\n"
    subprocess.run(["sfdisk", "--quiet", image], input=table, text=True, check=True)
    with stick(ready, image):
        # As a Mac does it; the first time there is nothing on it.
        ready.sh(ended() + "; mkfs.vfat /dev/sda1; mkfs.exfat /dev/sda2; sync")
    with stick(ready, image):
        ready.sh(ended(2))
        found = ready.sh(
            "for n in 1 2; do mount -o ro /dev/sda$n /mnt; echo $n: $(ls /mnt); umount /mnt; done"
        )
    first, last = said(ready)[1::2]
    assert first.startswith("failed the stick holds no FAT32 or exFAT (nothing known)")
    assert last == "synced"
    nothing, home = found.splitlines()
    assert nothing == "1:"
    assert home.startswith("2: liftlight-")


def test_one_of_another_system_is_left_alone_with_its_links(ready: Machine, tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "liftlight-00000000").symlink_to("/data/liftlight")
    image = tmp_path / "linux.img"
    subprocess.run(
        ["mke2fs", "-q", "-t", "ext4", "-d", tmp_path / "content", image, "16M"], check=True
    )
    before = image.read_bytes()
    with stick(ready, image):
        ready.sh(ended())
    assert said(ready)[-1].startswith("failed the stick holds no FAT32 or exFAT (ext4)")
    assert image.read_bytes() == before


def test_a_card_that_died_is_restored_from_its_stick_and_rests(
    ready: Machine, tmp_path: Path, lab_report: list[str]
) -> None:
    can_mount("exfat")
    volume = Volume("exfat", tmp_path, device(tmp_path / "data", 52))
    volume.outcome()
    with volume.mounted(read_only=True):
        (home,) = (path.name for path in volume.place.glob("liftlight-*"))
    restore = f"{AS_LIFTLIGHT} restore /mnt/{home} {DATA}; "
    with stick(ready, volume.image):
        ready.sh(ended())
        told = ready.sh(
            "systemctl stop liftlight; mount -o ro /dev/sda /mnt; " + 2 * restore + "umount /mnt; "
            f"systemctl start liftlight; {AS_LIFTLIGHT} status {DATA}; sleep 5"
        )
    assert "Sessions added: 156. The device rests a day first." in told
    assert "Nothing to add: the journal has all of it." in told
    assert "Resting" in told
    assert rows(ready, "SELECT count(*) FROM sessions") == [[156]]
    ready.sh(press() + "sleep 3")
    assert "camera" not in lit(ready)
    clock = "cat /proc/uptime; "
    begun, done = ready.sh(
        f"cd /tmp; {clock} {AS_LIFTLIGHT} report /tmp {DATA} > /dev/null; {clock}"
    ).splitlines()
    took = float(done.split()[0]) - float(begun.split()[0])
    lab_report += ["", f"a year's report: {took:.1f} s of the machine's time"]
    assert took < REPORT_WITHIN_S


def test_a_minute_that_a_stick_names_is_set_by_a_press(ready: Machine, exfat: Volume) -> None:
    minute = ready.sh("date -d '+10 minutes' '+%F %H:%M'")
    with exfat.mounted(read_only=False):
        (exfat.place / "liftlight-time.txt").write_text(minute)
    with stick(ready, exfat.image):
        lights = shown(watch(ready, ended() + "; sleep 5"))
        assert {DONE, EVEN} <= lights
        ready.sh(press() + "sleep 3")
    assert said(ready) == ["working", "synced", "time"]
    wait_for_rows(ready, "SELECT count(*) FROM time_sets", [[1]])
    with exfat.mounted(read_only=True):
        assert not (exfat.place / "liftlight-time.txt").exists()


def test_nothing_else_is_let_into_the_port(ready: Machine) -> None:
    network = ready.sh("ls /sys/class/net")
    with ExitStack() as port:
        for driver in ("usb-kbd", "usb-net"):
            port.enter_context(gadget(ready, driver))
        ready.sh("sleep 3; udevadm settle")
        found = ready.sh("cd /sys/bus/usb/devices; grep . */bInterfaceClass */authorized || true")
    values = dict(line.rsplit(":", 1) for line in found.splitlines())
    others = {name.split("/")[0] for name, value in values.items() if value in ("03", "02", "0a")}
    assert {values[f"{one}/authorized"] for one in others} == {"0"}
    assert ready.sh("ls /sys/class/net") == network
    assert ready.sh("ls /dev/input/event* 2>/dev/null || true") == ""


def test_over_a_cable_a_computer_sees_the_log_and_cannot_write(ready: Machine) -> None:
    show = "systemctl start liftlight-gadget.service; until [ -b /dev/sda ]; do sleep 0.5; done; "
    look = (
        "udevadm settle; sleep 2; lsblk -n -o NAME /dev/sda; mount -o ro /dev/sda /mnt; "
        "/opt/liftlight/bin/python3 -I -c 'from pathlib import Path; "
        "from device.sync.export import verify; "
        'print([verify(one).device for one in Path("/mnt").glob("liftlight-*/export-1")])\'; '
        "umount /mnt; blockdev --getro /dev/sda"
    )
    ready.sh("modprobe dummy_hcd; until [ -e /sys/class/udc/dummy_udc.0 ]; do sleep 0.2; done")
    disk, name, locked = ready.sh(show + look).splitlines()
    assert (disk, locked) == ("sda", "1")
    assert "liftlight-" in name
    assert said(ready) == [], "our own drive is no stick"
    image = "sha256sum < /data/liftlight/drive/drive.img"
    before = ready.sh(image)
    assert ready.sh(show + image) == before, "nothing new: the computer is left in peace"
