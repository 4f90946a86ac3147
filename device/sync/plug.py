"""Serves a stick that was plugged in; systemd runs it as root.

`python -m device.sync.plug sda` finds the stick's FAT32 or exFAT volume and mounts it three times:
to write the export, read-only to read it back from the medium, and to retire the older export. Root
only mounts and unmounts. A second process, which has no rights, reads and writes on the stick, one
step after another (`steps.py`). The unit gives both a mount namespace of their own, so no mount is
left behind, whatever happens.

The device hears that the stick is done after the last unmount. systemd runs this with `--ended`
after it had to stop it by force: the device then hears that the stick failed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pwd
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, Self

from device.errors import LiftLightError
from device.processes import end, run
from device.sync.errors import SyncError
from device.sync.news import NewsKind, StickNews
from device.system import DATA, USER

DEVICE_RUNS_IN = Path("/run/liftlight")

STEP_WITHIN_S = 900.0
"""A step that takes longer is given up: ten years of sessions take a Zero 2 W a few minutes."""
TOOL_WITHIN_S = 60.0
"""A command such as mount that takes longer is given up."""
OTHER_STICK_WITHIN_S = 1800.0
"""How long a stick waits until another one is served: long enough for two steps to be given up."""
CLOSE_WITHIN_S = 10.0
"""A process that has no more to do ends within a second, even on a small Pi that is busy."""
_TRY_LOCK_EVERY_S = 0.5

MOUNTED = "nosuid,nodev,noexec,noatime"
"""How a stick is always mounted: nothing on it can run, or be taken for a device."""

_FILE_SYSTEMS = ("vfat", "exfat")
_EFI_SYSTEM = ("c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "0xef")
"""The types of an EFI system partition, in a GPT and in an MBR. Such partitions are skipped: a Mac
puts one before the partition that people see."""

_UNFORESEEN = "the stick could not be served: plug it in again. (`journalctl` says more.)"
_PULLED = "the stick was pulled before it was done: plug it in again and wait for the signal"


class StickOperations(Protocol):
    """What `serve` needs of the machine. Each method raises LiftLightError if it fails."""

    def is_stick(self) -> bool:
        """Whether this is a stick; anything else is left alone."""
        ...

    def mounted(self, *, read_only: bool) -> contextlib.AbstractContextManager[None]:
        """Mount the stick for the `with` block; after it everything is written and unmounted.

        Raises SyncError if that fails, or the stick was pulled.
        """
        ...

    def step(self, name: str, export: str | None = None) -> dict[str, Any]:
        """Do the named step of `steps.py` on the mounted stick, and return its result.

        `export` is the export's folder, relative to the stick. Raises SyncError if the step fails.
        """
        ...

    def tell(self, news: StickNews) -> None:
        """Tell the running device."""
        ...


def serve(operations: StickOperations) -> LiftLightError | None:
    """Copy the log to one stick, and tell the device; return what went wrong, or None.

    Whatever is raised, the device hears that the stick failed: it would be at work for ever.
    """
    with contextlib.suppress(LiftLightError):  # If the stick is gone again, mounting it says so.
        if not operations.is_stick():
            return None
    operations.tell(StickNews(NewsKind.WORKING))
    try:
        wall = _copy(operations)
    except LiftLightError as error:
        operations.tell(StickNews(NewsKind.FAILED, str(error)))
        return error
    except Exception:
        operations.tell(StickNews(NewsKind.FAILED, _UNFORESEEN))
        raise
    operations.tell(StickNews(NewsKind.SYNCED))
    if wall is not None:
        operations.tell(StickNews(NewsKind.TIME, wall=wall))
    return None


def _copy(operations: StickOperations) -> float | None:
    """Write and check an export; return the time that a file on the stick names, or None."""
    with operations.mounted(read_only=False):
        written = operations.step("write")
    export = str(written["export"])
    if written["problem"] is not None:
        sys.stderr.write(f"The settings on the stick changed nothing: {written['problem']}\n")
    try:
        with operations.mounted(read_only=True):
            operations.step("check", export)
    except LiftLightError:
        with contextlib.suppress(LiftLightError), operations.mounted(read_only=False):
            operations.step("discard", export)
        raise
    with operations.mounted(read_only=False):
        wall = operations.step("finish", export)["time"]
    return None if wall is None else float(wall)


class LinuxStickOperations:
    """The stick operations of a real machine: mount, umount, lsblk, and a helper process.

        with LinuxStickOperations("sda", folder) as operations:
            problem = serve(operations)

    `disk` is the kernel's name for the stick; it is mounted inside `folder`.
    """

    def __init__(self, disk: str, folder: Path) -> None:
        self._disk = f"/dev/{disk}"
        self._place = folder / "volume"
        self._volume: tuple[str, str] | None = None
        self._user = pwd.getpwnam(USER)
        self._helper = Helper(self._user)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._helper.close()

    @contextlib.contextmanager
    def mounted(self, *, read_only: bool) -> Iterator[None]:
        """Mount the stick for the `with` block; after it everything is written and unmounted."""
        if self._volume is None:
            self._volume = self._find()
        volume, kind = self._volume
        self._place.mkdir(exist_ok=True)
        owner = f"uid={self._user.pw_uid},gid={self._user.pw_gid},umask=0077"
        options = f"{'ro' if read_only else 'rw'},{MOUNTED},{owner}"
        command = ["mount", "-t", kind, "-o", options, volume, str(self._place)]
        _run(command, "the stick cannot be mounted: repair it on a computer")
        try:
            yield
        except BaseException:
            with contextlib.suppress(LiftLightError):
                self._unmount("--lazy")
            if not Path(self._disk).exists():
                raise SyncError(_PULLED) from None
            raise
        self._unmount()

    def step(self, name: str, export: str | None = None) -> dict[str, Any]:
        """Let the helper do the named step on the mounted stick, and return its result."""
        place = str(self._place)
        try:
            return self._helper.do(step=name, folder=place, data=str(DATA), export=export)
        except SyncError as error:
            raise SyncError(str(error).replace(place, "the stick")) from None

    def tell(self, news: StickNews) -> None:
        """Tell the running device, and write the news to stderr, for systemd's journal."""
        sys.stderr.write(f"{news.kind} {news.detail}".rstrip() + "\n")
        with contextlib.suppress(LiftLightError):
            said = json.dumps(asdict(news))
            self._helper.do(step="tell", folder=str(DEVICE_RUNS_IN), news=said)

    def is_stick(self) -> bool:
        """Whether this is a disk, and not one that the machine itself runs from.

        Linux names USB disks `sd...`. Some sticks and modems also show a CD with drivers, named
        `sr...`. A disk with anything mounted already is the machine's own.
        """
        if not Path(self._disk).name.startswith("sd"):
            return False
        return not any(any(volume["mountpoints"]) for volume in self._volumes())

    def _find(self) -> tuple[str, str]:
        """Return the stick's first volume with FAT32 or exFAT, and its type as mount names it."""
        volumes = [one for one in self._volumes() if one["parttype"] not in _EFI_SYSTEM]
        for volume in volumes:
            if volume["fstype"] in _FILE_SYSTEMS:
                if volume["ro"]:
                    raise SyncError("the stick may not be written: slide its lock open.")
                return str(volume["name"]), str(volume["fstype"])
        found = ", ".join(sorted({volume["fstype"] for volume in volumes if volume["fstype"]}))
        raise SyncError(
            f"the stick holds no FAT32 or exFAT ({found or 'nothing known'}): "
            "format it on a computer, or take another one."
        )

    def _volumes(self) -> list[dict[str, Any]]:
        """Return what lsblk tells of the disk itself and of its partitions."""
        # If udev does not settle, as on a busy machine, lsblk is asked all the same.
        with contextlib.suppress(LiftLightError):
            _run(["udevadm", "settle", "--timeout=10"], "udev does not come to rest")
        columns = "NAME,FSTYPE,PARTTYPE,RO,MOUNTPOINTS"
        said = _run(
            ["lsblk", "--json", "--paths", "--output", columns, self._disk],
            "the stick is gone: plug it in again and wait for the signal",
        )
        disk = json.loads(said)["blockdevices"][0]
        return [disk, *disk.get("children", ())]

    def _unmount(self, *options: str) -> None:
        _run(["umount", *options, str(self._place)], _PULLED)


class Helper:
    """Does steps in a process that runs as `user`.

        helper = Helper(pwd.getpwnam("liftlight"))
        done = helper.do(step="write", folder="/mnt", data="/data/liftlight")
        helper.close()

    The process starts with the first step, and again after one that hung or died. It shares stderr
    with this process.
    """

    def __init__(self, user: pwd.struct_passwd) -> None:
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None

    def do(self, **request: str | None) -> dict[str, Any]:
        """Do one step and return its result; raises SyncError if the step fails or hangs."""
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = self._start()
        asked = self._process.stdin
        assert asked is not None
        try:
            asked.write(json.dumps(request).encode() + b"\n")
            asked.flush()
        except BrokenPipeError:
            pass  # The process has ended; reading its answer tells so.
        try:
            told: dict[str, Any] = json.loads(self._answer(self._process))
        except TimeoutError:
            self.close(patience=0.0)
            raise SyncError("the stick does not answer: take another one.") from None
        except ValueError:
            self.close(patience=0.0)
            raise SyncError(_UNFORESEEN) from None
        if "problem" in told:
            raise SyncError(told["problem"])
        done: dict[str, Any] = told["done"]
        return done

    @staticmethod
    def _answer(process: subprocess.Popen[bytes]) -> bytes:
        """Return the line that `process` answers, or a part of it if the process ends.

        Raises TimeoutError after `STEP_WITHIN_S`.
        """
        said = process.stdout
        assert said is not None
        deadline = time.monotonic() + STEP_WITHIN_S
        line = b""
        while not line.endswith(b"\n"):
            left = max(0.0, deadline - time.monotonic())
            if not select.select([said], [], [], left)[0]:
                raise TimeoutError
            some = os.read(said.fileno(), 1 << 16)
            if not some:
                break
            line += some
        return line

    def close(self, patience: float = CLOSE_WITHIN_S) -> None:
        """End the process; if that takes longer than `patience` seconds, kill it."""
        if self._process is not None and not end(self._process, patience):
            sys.stderr.write(
                f"process {self._process.pid} waits for a stick that does not answer, and cannot "
                "be ended: pull the stick\n"
            )
        self._process = None

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                [sys.executable, "-I", "-m", "device.sync.steps"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
                user=self._user.pw_uid,
                group=self._user.pw_gid,
                extra_groups=os.getgrouplist(self._user.pw_name, self._user.pw_gid),
                umask=0o077,
            )
        except OSError as error:
            raise SyncError(f"a step could not be started ({error}): install again.") from error


def _run(command: Sequence[str], problem: str) -> str:
    try:
        done = run(command, TOOL_WITHIN_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SyncError(f"{problem}. ({error})") from error
    if done.returncode != 0:
        said = " ".join(done.stderr.split())
        raise SyncError(f"{problem}. ({said})" if said else f"{problem}.")
    return done.stdout


def main(arguments: Sequence[str]) -> int:
    """Serve the stick that is named, after any other one; return the exit code."""
    disk, *rest = arguments
    folder = Path(os.environ["RUNTIME_DIRECTORY"])
    with LinuxStickOperations(disk, folder) as operations:
        if rest == ["--ended"]:
            operations.tell(
                StickNews(NewsKind.FAILED, "the stick did not answer: take another one.")
            )
            return 0
        try:
            wait_for_other_sticks(folder.parent)
        except SyncError as error:
            operations.tell(StickNews(NewsKind.FAILED, str(error)))
            return 1
        return 0 if serve(operations) is None else 1


def wait_for_other_sticks(folder: Path) -> None:
    """Wait until no other stick is served, and keep `folder` locked until this process ends.

    Raises SyncError after `OTHER_STICK_WITHIN_S`.
    """
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    deadline = time.monotonic() + OTHER_STICK_WITHIN_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(lock)
                raise SyncError(
                    "another stick does not come to its end: pull it, and plug this one in again."
                ) from None
            time.sleep(_TRY_LOCK_EVERY_S)
        else:
            return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
