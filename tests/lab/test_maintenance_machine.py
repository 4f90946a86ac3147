"""The installed machine opened for maintenance, closed again, and LiftLight taken away."""

from __future__ import annotations

from tools.lab.maintenance import maintained

CLOSED, OPEN = ["overlay", "active", "overlayroot.off"], ["ext4", "inactive", "overlayroot.off"]


def test_one_boot_is_open_and_the_next_is_closed_again() -> None:
    seen = [(maintained() / f"boot-{n}").read_text().split() for n in (1, 2, 3, 4)]
    mark, forgotten, kept, data = (
        "/run/liftlight-maintenance", "/etc/forgotten", "/etc/kept", "/data/liftlight",
    )  # fmt: skip
    assert forgotten not in [line for lines in seen for line in lines]
    assert seen[0] == [*CLOSED, data]
    assert seen[1] == [*OPEN, data, mark]
    assert seen[2] == [*CLOSED, data, kept]
    assert seen[3] == [*OPEN, data, kept, mark]


def test_the_installer_takes_liftlight_away_and_leaves_the_data() -> None:
    seen = maintained()
    assert (seen / "dry-run.log").read_text() == "Nothing to do: LiftLight is installed.\n"
    assert "everything on the data partition stay" in (seen / "uninstall.log").read_text()
    assert (seen / "again.log").read_text() == "Nothing to do: LiftLight is not installed.\n"
    assert (seen / "left").read_text() == ""
