"""Stories of what is found on a stick, as lsblk tells it, and how it is mounted."""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from device import processes
from device.sync import plug
from device.sync.errors import SyncError
from device.sync.news import StickNews
from device.sync.plug import LinuxStickOperations, serve, take_turn
from tests.processes import running


def volume(name: str, kind: str | None = None, *children: dict[str, Any], **more: Any) -> Any:
    told: dict[str, Any] = {"name": f"/dev/{name}", "fstype": kind, "parttype": None, "ro": False}
    told |= {"mountpoints": [None], **more}
    return {**told, "children": list(children)} if children else told


EFI = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"


class Tools:
    """Stands for the machine's commands: answers lsblk, and remembers the rest."""

    def __init__(self, disk: Any) -> None:
        self.disk = disk
        self.said: list[Sequence[str]] = []

    def __call__(self, command: Sequence[str], _: str) -> str:
        self.said.append(command)
        return json.dumps({"blockdevices": [self.disk]}) if command[0] == "lsblk" else ""


def hands_on(
    disk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str = "sd-none"
) -> tuple[LinuxStickOperations, Tools]:
    tools = Tools(disk)
    monkeypatch.setattr(plug, "_run", tools)
    monkeypatch.setattr(plug, "USER", pwd.getpwuid(0).pw_name)
    return LinuxStickOperations(name, tmp_path), tools


@pytest.mark.parametrize(
    ("disk", "found"),
    [
        (volume("sda", None, volume("sda1", "vfat")), "/dev/sda1"),
        (volume("sda", "exfat"), "/dev/sda"),
        (volume("sda", None, volume("sda1", "vfat"), volume("sda2", "exfat")), "/dev/sda1"),
        (volume("sda", None, volume("sda1", "ntfs"), volume("sda2", "vfat")), "/dev/sda2"),
        (
            volume("sda", None, volume("sda1", "vfat", parttype=EFI), volume("sda2", "exfat")),
            "/dev/sda2",
        ),
    ],
    ids=[
        "a partition",
        "no partition table",
        "two partitions",
        "the second is ours",
        "formatted on a Mac: nobody would see the first",
    ],
)
def test_the_first_volume_that_can_be_written_is_mounted_and_nothing_on_it_can_run(
    disk: Any, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands, tools = hands_on(disk, tmp_path, monkeypatch)
    with hands.mounted(read_only=True):
        pass
    mount = next(command for command in tools.said if command[0] == "mount")
    assert found in mount
    options = mount[mount.index("-o") + 1].split(",")
    assert {"ro", "nosuid", "nodev", "noexec", "umask=0077"} <= set(options)
    assert tools.said[-1] == ["umount", str(tmp_path / "volume")]


@pytest.mark.parametrize(
    ("disk", "said"),
    [
        (volume("sda"), "holds no FAT32 or exFAT"),
        (volume("sda", None, volume("sda1", "ext4")), r"holds no FAT32 or exFAT \(ext4\)"),
        (volume("sda", "vfat", ro=True), "slide its lock open"),
        (volume("sda", None, volume("sda1", "vfat", parttype="0xef")), "holds no FAT32 or exFAT"),
    ],
    ids=["nothing", "another system", "locked", "only to start a computer from"],
)
def test_a_stick_that_cannot_be_used_is_one_line_with_the_cure(
    disk: Any, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands, tools = hands_on(disk, tmp_path, monkeypatch)
    with pytest.raises(SyncError, match=said), hands.mounted(read_only=False):
        pass
    assert not any(command[0] == "mount" for command in tools.said)


def test_a_stick_that_was_pulled_is_let_go_of_at_once_and_called_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands, tools = hands_on(volume("sda", "vfat"), tmp_path, monkeypatch)
    with pytest.raises(SyncError, match="was pulled"), hands.mounted(read_only=False):
        raise SyncError("the stick does not give back what was written to it.")
    assert tools.said[-1][:2] == ["umount", "--lazy"]


def test_the_disk_that_the_machine_lives_on_is_no_stick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = volume("sda", None, volume("sda1", "vfat", mountpoints=["/boot/firmware"]))
    assert not hands_on(own, tmp_path, monkeypatch)[0].is_stick()
    other = volume("sda", None, volume("sda1", "vfat"))
    assert hands_on(other, tmp_path, monkeypatch)[0].is_stick()


@pytest.mark.parametrize("name", ["sr0", "sr1", "scd0", "loop0"])
def test_the_cd_that_a_stick_or_a_modem_shows_beside_its_disk_is_left_alone(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands, tools = hands_on(volume(name, "udf"), tmp_path, monkeypatch, name)
    told: list[StickNews] = []
    monkeypatch.setattr(hands, "tell", told.append)
    assert serve(hands) is None
    assert told == []
    assert tools.said == []


def test_a_tool_that_is_missing_or_fails_is_one_line() -> None:
    for command in (["no-such-tool"], ["ls", "/no/such/folder"]):
        with pytest.raises(SyncError, match=r"^the stick is gone: plug it in again\. \(") as caught:
            plug._run(command, "the stick is gone: plug it in again")
        assert "\n" not in str(caught.value)


def test_a_tool_that_does_not_end_is_given_up_and_reaped(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            begun.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    monkeypatch.setattr(plug, "TOOL_WITHIN_S", 0.1)
    with pytest.raises(SyncError, match="the stick is gone"):
        plug._run(["sleep", "1000"], "the stick is gone: plug it in again")
    assert begun[0].returncode == -signal.SIGKILL


def test_one_that_cannot_even_be_killed_is_left_and_said_to_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a process that waits for a disk that is gone; here its kill goes astray."""
    monkeypatch.setattr(processes, "REAPED_WITHIN_S", 0.1)
    with running(["sleep", "1000"]) as stuck:
        with monkeypatch.context() as deaf:
            deaf.setattr(stuck, "kill", lambda: None)
            assert not processes.end(stuck)
        assert processes.end(stuck)


def test_a_stick_waits_for_another_one_but_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plug, "TURN_WITHIN_S", 0.0)
    other = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with pytest.raises(SyncError, match="another stick does not come to its end: pull it"):
        take_turn(tmp_path)
    os.close(other)
    take_turn(tmp_path)
