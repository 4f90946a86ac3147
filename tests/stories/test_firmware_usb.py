"""Stories of what is installed for USB: sticks, what else is plugged in, and the drive."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from device.installation import DATA, USER
from device.service import RUN_FOLDER
from device.sync import gadget, image, plug
from tests.conftest import ROOT

FILES = ROOT / "firmware_config/files"
UNITS = FILES / "etc/systemd/system"
RULES = FILES / "etc/udev/rules.d"
STICK = UNITS / "liftlight-stick@.service"
GADGET = UNITS / "liftlight-gadget.service"
LARGEST_EXPOSURE = {STICK: 20, GADGET: 10}
"""systemd's own score of a sandbox, times ten; to mount needs the right to administer."""


def values(key: str, text: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", text, re.M)


@pytest.mark.parametrize("name", ["91-liftlight-usb.rules", "99-liftlight-stick.rules"])
def test_udev_takes_the_rules(name: str) -> None:
    if shutil.which("udevadm") is None:
        pytest.skip("no udevadm: apt install udev")
    command = ["udevadm", "verify", "--resolve-names=never", str(RULES / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Unknown command verb" in done.stderr:
        pytest.skip("this udev cannot check rules: it takes systemd 254")
    assert done.returncode == 0, done.stdout + done.stderr


def test_udev_only_names_the_unit() -> None:
    rule = (RULES / "99-liftlight-stick.rules").read_text()
    assert 'ENV{SYSTEMD_WANTS}+="liftlight-stick@%k.service"' in rule
    assert not re.search(r"RUN|PROGRAM|IMPORT", rule)


def test_our_own_drive_is_no_stick() -> None:
    rule = (RULES / "99-liftlight-stick.rules").read_text()
    assert f'ENV{{ID_VENDOR}}!="{gadget.VENDOR}"' in rule
    assert len(gadget.VENDOR) == 8, "what udev gets to see of it"


def test_only_hubs_and_sticks_are_let_in() -> None:
    rules = (RULES / "91-liftlight-usb.rules").read_text()
    classes = re.findall(r'ATTR\{bInterfaceClass\}=="([^"]*)"', rules)
    assert classes == ["08|09"]
    assert 'ATTR{interface_authorized_default}="0"' in rules
    assert 'ATTR{authorized}="0"\nGOTO="liftlight_usb_end"' in rules


def test_a_stick_is_mounted_where_nothing_on_it_can_run() -> None:
    assert {"nosuid", "nodev", "noexec"} <= set(plug.MOUNTED.split(","))
    text = STICK.read_text()
    assert values("PrivateMounts", text) == ["yes"]
    assert values("CapabilityBoundingSet", text) == ["CAP_SYS_ADMIN CAP_SETUID CAP_SETGID CAP_KILL"]


def test_the_stick_is_told_of_where_liftlight_listens() -> None:
    service = (UNITS / "liftlight.service").read_text()
    assert str(plug.DEVICE_RUNS_IN) == f"/run/{values('RuntimeDirectory', service)[0]}"
    assert RUN_FOLDER == "RUNTIME_DIRECTORY"
    assert str(DATA) == values("ExecStart", service)[0].split()[-1]
    assert values("User", service) == [USER]


def test_the_drive_is_made_without_rights_and_only_shown_with_them() -> None:
    prepare, show = values("ExecStart", GADGET.read_text())
    assert prepare.startswith("-/opt")
    assert f"{image.__name__} {DATA}/drive" in prepare
    assert show.startswith("+/opt")
    assert f"{gadget.__name__} {DATA}/drive" in show
    assert values("User", GADGET.read_text()) == [USER]


def test_boards_that_can_be_a_device_are_told_to() -> None:
    text = (FILES / "boot/firmware/liftlight.txt").read_text()
    for board, mode in (("pi4", "peripheral"), ("pi5", "peripheral"), ("pi02", "otg")):
        assert f"[{board}]\ndtoverlay=dwc2,dr_mode={mode}\n" in text


@pytest.mark.parametrize("unit", [STICK, GADGET], ids=lambda unit: unit.name)
def test_the_sandbox_is_tight(unit: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze: apt install systemd")
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager"]
    done = subprocess.run(
        [*command, f"--threshold={LARGEST_EXPOSURE[unit]}", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-200:] + done.stderr
