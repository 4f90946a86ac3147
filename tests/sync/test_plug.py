"""Stories of a stick that is plugged in: found, mounted thrice, served in steps, and told of."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pwd
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from device import processes
from device.processes import end
from device.sync import plug, steps
from device.sync.errors import SyncError
from device.sync.export import whole_generations
from device.sync.news import Listener, NewsKind, StickNews
from device.sync.plug import Helper, LinuxStickOperations, serve, wait_for_other_sticks
from device.sync.time_file import TIME_FILE
from tests.folders import device, empty
from tests.processes import running


class Folder:
    """StickOperations whose stick is a folder; the steps are the device's own, in this process."""

    def __init__(self, data: Path, stick: Path) -> None:
        self.data, self.stick = data, stick
        self.order: list[str] = []
        self.told: list[StickNews] = []
        self.pulled_at: str | None = None

    def is_stick(self) -> bool:
        return True

    @contextlib.contextmanager
    def mounted(self, *, read_only: bool) -> Iterator[None]:
        self.order.append("read-only" if read_only else "mount")
        yield
        self.order.append("unmount")

    def step(self, name: str, export: str | None = None) -> dict[str, Any]:
        self.order.append(name)
        if name == self.pulled_at:
            raise SyncError("the stick is gone: plug it in again and wait for the signal.")
        done = steps.STEPS[name](self.stick, self.data, None if export is None else Path(export))
        return dict(done)

    def tell(self, news: StickNews) -> None:
        self.order.append(news.kind)
        self.told.append(news)


@pytest.fixture
def operations(tmp_path: Path) -> Folder:
    return Folder(device(tmp_path / "data", 1), empty(tmp_path / "stick"))


def exports(stick: Path) -> list[str]:
    (home,) = stick.glob("liftlight-????????")
    return [one.folder.name for one in whole_generations(home)]


def test_done_is_told_after_the_last_unmount(operations: Folder) -> None:
    assert serve(operations) is None
    assert operations.order == [
        "working",
        "mount", "write", "unmount",
        "read-only", "check", "unmount",
        "mount", "finish", "unmount",
        "synced",
    ]  # fmt: skip
    assert exports(operations.stick) == ["export-1"]
    serve(operations)
    assert exports(operations.stick) == ["export-2"], "the older one is retired"


@pytest.mark.parametrize("step", ["write", "check", "finish"])
def test_a_stick_pulled_in_any_step_is_told_once_and_keeps_a_whole_export(
    operations: Folder, step: str
) -> None:
    serve(operations)
    operations.told.clear()
    operations.pulled_at = step
    problem = serve(operations)
    assert problem is not None
    assert [news.kind for news in operations.told] == [NewsKind.WORKING, NewsKind.FAILED]
    assert operations.told[-1].detail == str(problem)
    assert exports(operations.stick)


def test_after_a_mistake_of_ours_the_device_is_not_at_work_for_ever(
    operations: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slip(*_: object) -> dict[str, object]:
        raise KeyError("mountpoints")

    monkeypatch.setitem(steps.STEPS, "check", slip)
    with pytest.raises(KeyError):
        serve(operations)
    assert [news.kind for news in operations.told] == [NewsKind.WORKING, NewsKind.FAILED]
    assert "plug it in again" in operations.told[-1].detail


def test_an_export_that_cannot_be_read_back_is_taken_away_again(operations: Folder) -> None:
    operations.pulled_at = "check"
    serve(operations)
    assert "discard" in operations.order
    assert exports(operations.stick) == []


def test_a_step_that_fails_is_one_line(operations: Folder, tmp_path: Path) -> None:
    said = steps.answer(
        {"step": "write", "folder": str(tmp_path / "nowhere"), "data": str(operations.data)}
    )
    assert said.keys() == {"problem"}
    assert "\n" not in str(said["problem"])


def test_a_minute_named_by_a_file_is_told_once(operations: Folder) -> None:
    (operations.stick / TIME_FILE).write_text("2027-01-15 21:05+01:00\r\n")
    serve(operations)
    assert operations.told[-1] == StickNews(NewsKind.TIME, wall=1_800_043_500.0)
    serve(operations)
    assert operations.told[-1].kind is NewsKind.SYNCED
    assert not (operations.stick / TIME_FILE).exists()


class TestHelper:
    """The process that does the steps."""

    @pytest.fixture
    def helper(self) -> Iterator[Helper]:
        one = Helper(pwd.getpwuid(os.getuid()))
        yield one
        one.close(patience=0.0)

    @staticmethod
    def do(helper: Helper, step: str, stick: Folder, export: str | None = None) -> dict[str, Any]:
        return helper.do(step=step, folder=str(stick.stick), data=str(stick.data), export=export)

    def write(self, helper: Helper, operations: Folder) -> str:
        return str(self.do(helper, "write", operations)["export"])

    def test_one_process_does_all_steps(self, helper: Helper, operations: Folder) -> None:
        export, one = self.write(helper, operations), helper._process
        for step in ("check", "finish"):
            helper.do(
                step=step, folder=str(operations.stick), data=str(operations.data), export=export
            )
        assert helper._process is one is not None
        assert exports(operations.stick) == ["export-1"]

    def test_after_a_problem_it_goes_on(self, helper: Helper, operations: Folder) -> None:
        with pytest.raises(SyncError, match="take another stick"):
            helper.do(
                step="check", folder=str(operations.stick / "nowhere"), data=str(operations.data)
            )
        self.write(helper, operations)

    def test_what_it_is_told_the_device_hears(self, helper: Helper, tmp_path: Path) -> None:
        heard: queue.Queue[StickNews] = queue.Queue()
        Listener(tmp_path, heard.put)
        news = StickNews(NewsKind.FAILED, "full: free some space")
        helper.do(step="tell", folder=str(tmp_path), news=json.dumps(asdict(news)))
        assert heard.get(timeout=10) == news

    @pytest.fixture
    def hung(self, helper: Helper, operations: Folder) -> Iterator[subprocess.Popen[bytes]]:
        """Its process, which answers no more."""
        self.write(helper, operations)
        process = helper._process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        yield process
        end(process)

    def test_after_one_that_hangs_another_begins(
        self,
        helper: Helper,
        operations: Folder,
        hung: subprocess.Popen[bytes],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        with monkeypatch.context() as hasty, pytest.raises(SyncError, match="does not answer"):
            hasty.setattr(plug, "STEP_WITHIN_S", 0.2)
            self.write(helper, operations)
        assert hung.returncode == -signal.SIGKILL, "killed, and waited for"
        assert self.write(helper, operations).endswith("export-2")

    def test_one_that_answers_half_a_line_is_given_up_too(
        self, helper: Helper, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(plug, "STEP_WITHIN_S", 0.5)
        line = ["sh", "-c", "printf '{\"done\": '; read line; exec sleep 1000"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with running(line, text=False, **pipes) as half:
            helper._process = half
            with pytest.raises(SyncError, match="does not answer"):
                helper.do(step="check")
            assert half.returncode == -signal.SIGKILL

    def test_one_that_hangs_is_not_waited_for_at_the_end(
        self, helper: Helper, hung: subprocess.Popen[bytes]
    ) -> None:
        helper.close(patience=0.2)
        assert hung.returncode == -signal.SIGKILL

    def test_one_that_has_no_more_to_do_ends_by_itself(
        self, helper: Helper, operations: Folder
    ) -> None:
        self.write(helper, operations)
        process = helper._process
        assert process is not None
        helper.close(patience=30.0)
        assert process.returncode == 0

    def test_one_that_dies_in_a_step_is_a_stick_that_was_not_served(
        self, helper: Helper, operations: Folder, hung: subprocess.Popen[bytes]
    ) -> None:
        death = threading.Timer(0.2, hung.kill)
        death.start()
        with pytest.raises(SyncError, match="could not be served: plug it in again"):
            self.write(helper, operations)
        death.join(10)
        assert self.write(helper, operations).endswith("export-2")

    def test_one_that_died_between_two_steps_is_not_missed(
        self, helper: Helper, operations: Folder, hung: subprocess.Popen[bytes]
    ) -> None:
        assert end(hung)
        assert self.write(helper, operations).endswith("export-2")


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


def operations_on(
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
    operations, tools = operations_on(disk, tmp_path, monkeypatch)
    with operations.mounted(read_only=True):
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
    operations, tools = operations_on(disk, tmp_path, monkeypatch)
    with pytest.raises(SyncError, match=said), operations.mounted(read_only=False):
        pass
    assert not any(command[0] == "mount" for command in tools.said)


def test_a_stick_that_was_pulled_is_let_go_of_at_once_and_called_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operations, tools = operations_on(volume("sda", "vfat"), tmp_path, monkeypatch)
    with pytest.raises(SyncError, match="was pulled"), operations.mounted(read_only=False):
        raise SyncError("the stick does not give back what was written to it.")
    assert tools.said[-1][:2] == ["umount", "--lazy"]


def test_the_disk_that_the_machine_lives_on_is_no_stick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = volume("sda", None, volume("sda1", "vfat", mountpoints=["/boot/firmware"]))
    assert not operations_on(own, tmp_path, monkeypatch)[0].is_stick()
    other = volume("sda", None, volume("sda1", "vfat"))
    assert operations_on(other, tmp_path, monkeypatch)[0].is_stick()


@pytest.mark.parametrize("name", ["sr0", "sr1", "scd0", "loop0"])
def test_the_cd_that_a_stick_or_a_modem_shows_beside_its_disk_is_left_alone(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operations, tools = operations_on(volume(name, "udf"), tmp_path, monkeypatch, name)
    told: list[StickNews] = []
    monkeypatch.setattr(operations, "tell", told.append)
    assert serve(operations) is None
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
    monkeypatch.setattr(plug, "OTHER_STICK_WITHIN_S", 0.0)
    other = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with pytest.raises(SyncError, match="another stick does not come to its end: pull it"):
        wait_for_other_sticks(tmp_path)
    os.close(other)
    wait_for_other_sticks(tmp_path)
