"""Stories of what is installed for USB: sticks, what else is plugged in, and the drive."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from device.sync import gadget, plug
from device.system import DATA, USER
from tests.firmware.test_firmware import FILES, SERVICE, UNITS, values

RULES = FILES / "etc/udev/rules.d"
STICK = UNITS / "liftlight-stick@.service"
GADGET = UNITS / "liftlight-gadget.service"


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


Above = list[tuple[str, str]]
"""Makers and products of an interface's own device and of the hubs above it, the nearest first."""

KEYBOARD, HUB_3B, CHIP_3B = ("046d", "c31c"), ("0424", "9514"), ("0424", "ec00")
HUB_3B_PLUS, CHIP_3B_PLUS = ("0424", "2514"), ("0424", "7800")


def is_let_in(tmp_path: Path, interface: str, above: Above, *, described: bool) -> bool:
    """Whether the rule for the board's own chip lets in an interface, as udev matches.

    All ATTRS must agree with one and the same device. `described`: the device tree has a node for
    the interface's own device.
    """
    rules = (RULES / "91-liftlight-usb.rules").read_text()
    (rule,) = (line for line in rules.splitlines() if 'ATTRS{idVendor}=="0424"' in line)
    wanted = dict(re.findall(r'([\w{}]+)=="([^"]*)"', rule))
    assert wanted.keys() == {"KERNEL", "ATTRS{idVendor}", "ATTRS{idProduct}", "TEST"}
    place = tmp_path / interface.split(":", maxsplit=1)[0] / interface
    place.mkdir(parents=True)
    if described:
        (place.parent / "of_node").mkdir()
        (place.parent / "of_node/compatible").touch()

    def agrees(key: str, value: str) -> bool:
        return any(fnmatch(value, one) for one in wanted[key].split("|"))

    return (
        agrees("KERNEL", interface)
        and any(agrees("ATTRS{idVendor}", m) and agrees("ATTRS{idProduct}", p) for m, p in above)
        and (place / wanted["TEST"]).exists()
    )


@pytest.mark.parametrize(
    ("interface", "above"),
    [
        ("1-1.1:1.0", [CHIP_3B, HUB_3B]),
        ("1-1.1.1:1.0", [CHIP_3B_PLUS, HUB_3B_PLUS, HUB_3B_PLUS]),
    ],
    ids=["3B", "3B+"],
)
def test_the_boards_own_network_chip_is_let_in(
    tmp_path: Path, interface: str, above: Above
) -> None:
    assert is_let_in(tmp_path, interface, above, described=True)


@pytest.mark.parametrize(
    ("interface", "above", "described"),
    [
        ("1-1.1:1.0", [KEYBOARD, HUB_3B_PLUS], False),
        ("1-1.1:1.0", [KEYBOARD, HUB_3B_PLUS], True),
        ("1-1.1:1.0", [CHIP_3B, HUB_3B_PLUS], False),
        ("1-1.1.2:1.0", [KEYBOARD, HUB_3B_PLUS, HUB_3B_PLUS], False),
    ],
    ids=[
        "a keyboard on an ordinary hub of that make",
        "a keyboard where the chip should be",
        "one that says it is the chip, on a board without",
        "a keyboard in a port of the 3B+",
    ],
)
def test_what_hangs_on_a_hub_of_the_same_make_is_not(
    tmp_path: Path, interface: str, above: Above, described: bool
) -> None:
    assert not is_let_in(tmp_path, interface, above, described=described)


def test_a_stick_gives_up_waiting_for_another_before_systemd_does() -> None:
    (limit,) = values(STICK, "TimeoutStartSec")
    assert int(limit.removesuffix("h")) * 3600 > plug.OTHER_STICK_WITHIN_S + plug.STEP_WITHIN_S


def test_the_stick_is_told_of_where_liftlight_listens() -> None:
    assert str(plug.DEVICE_RUNS_IN) == f"/run/{values(SERVICE, 'RuntimeDirectory')[0]}"


def test_the_drive_is_made_without_rights_and_only_shown_with_them() -> None:
    prepare, show = values(GADGET, "ExecStart")
    assert prepare.startswith("-/opt")
    assert f"{gadget.__name__} make {DATA}/drive" in prepare
    assert show.startswith("+/opt")
    assert f"{gadget.__name__} show {DATA}/drive" in show
    assert values(GADGET, "User") == [USER]
