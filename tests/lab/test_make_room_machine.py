"""A card that root fills: after `install.sh --make-room` the next boot makes a place for data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tools.lab.boots import room_made

SECTORS = 512 * 2048
"""Of the data partition: 512 MiB."""


def test_the_next_boot_makes_a_place_for_the_data() -> None:
    folder = room_made()
    before, after = _table(folder / "before.json"), _table(folder / "after.json")
    assert len(before["partitions"]) == 2
    boot, root, data = after["partitions"]
    assert boot == before["partitions"][0]
    assert root["start"] == before["partitions"][1]["start"]
    assert root["start"] + root["size"] == data["start"]
    assert data["size"] == SECTORS
    assert (folder / "labels").read_text().split() == ["bootfs", "rootfs", "LIFTLIGHT"]
    assert (folder / "said.log").read_text().endswith("liftlight: made /dev/vda3\n0\n")


def _table(file: Path) -> dict[str, Any]:
    table: dict[str, Any] = json.loads(file.read_text())["partitiontable"]
    return table
