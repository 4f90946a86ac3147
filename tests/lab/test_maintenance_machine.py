"""The installed machine opened for maintenance, closed again, and LiftLight taken away."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.lab.boots import maintained

LAB_S_OWN = "/etc/systemd/system/liftlight.service.d"
CLOSED, OPEN = ["overlay", "active", "overlayroot.off"], ["ext4", "inactive", "overlayroot.off"]


@pytest.fixture
def seen(installation: Path) -> Path:
    """What was seen of the machine that `installation` tells of."""
    del installation
    return maintained()


def test_one_boot_is_open_and_the_next_is_closed_again(seen: Path) -> None:
    boots = [(seen / f"boot-{number}").read_text().split() for number in (1, 2, 3, 4)]
    mark, forgotten, kept, data = (
        "/run/liftlight-maintenance", "/etc/forgotten", "/etc/kept", "/data/liftlight",
    )  # fmt: skip
    assert forgotten not in [line for lines in boots for line in lines]
    assert boots[0] == [*CLOSED, data]
    assert boots[1] == [*OPEN, data, mark]
    assert boots[2] == [*CLOSED, data, kept]
    assert boots[3] == [*OPEN, data, kept, mark]


def test_the_installer_takes_liftlight_away_and_leaves_the_data(seen: Path) -> None:
    assert (seen / "dry-run.log").read_text() == "Nothing to do: LiftLight is installed.\n"
    assert "everything on the data partition stay" in (seen / "uninstall.log").read_text()
    assert (seen / "again.log").read_text() == "Nothing to do: LiftLight is not installed.\n"
    assert (seen / "left").read_text().split() == [LAB_S_OWN, "/data/liftlight"]
