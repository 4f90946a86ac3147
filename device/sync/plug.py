"""A stick that was plugged in, from the first signal to the last: run by systemd, as root.

`python -m device.sync.plug sda` finds the stick's FAT32 or exFAT volume and mounts it three times:
to write, read-only to read back from the medium, and to retire the older export. Root only mounts
and unmounts; what reads or writes on the stick is a process without any rights, which does one
step after another (`steps.py`). The unit gives them a mount namespace of their own: whatever
happens, the mount is gone when it ends.

"Done" is told after the last unmount. With `--ended`, after a stop by force, it tells that the
stick failed.
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
from device.sync.news import StickNews, Word
from device.system import DATA, USER

DEVICE_RUNS_IN = Path("/run/liftlight")

STEP_WITHIN_S = 900.0
"""A step that takes longer is given up: ten years of sessions take a Zero 2 W a few minutes."""
TOOL_WITHIN_S = 60.0
TURN_WITHIN_S = 1800.0
"""How long a stick waits for another one: two of whose steps are given up."""
CLOSE_WITHIN_S = 10.0
"""A process that has no more to do ends within a second, even on a small Pi that is busy."""
_LOOKS_EVERY_S = 0.5

MOUNTED = "nosuid,nodev,noexec,noatime"
"""How a stick is always mounted: nothing on it can run, or be taken for a device."""

_KNOWN = ("vfat", "exfat")
_FOR_STARTING = ("c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "0xef")
"""Partitions that computers start from, as Macs put one before the real one: nobody sees them."""

_PULLED = "the stick was pulled before it was done: plug it in again and wait for the signal"


class StickOperations(Protocol):
    """What serving a stick needs of the machine. Each raises LiftLightError if it fails."""

    def is_stick(self) -> bool:
        """Whether this is a stick at all; anything else is left alone."""
        ...

    def mounted(self, *, read_only: bool) -> contextlib.AbstractContextManager[None]:
        """Have the stick mounted for a while; afterwards it is unmounted, and really written."""
        ...

    def step(self, name: str, export: str | None = None) -> dict[str, Any]:
        """Do a step of `steps.py` on the mounted stick, and return what it printed."""
        ...

    def tell(self, news: StickNews) -> None:
        """Tell the running device."""
        ...


def serve(hands: StickOperations) -> LiftLightError | None:
    """Serve one stick, and tell the device; return what went wrong."""
    with contextlib.suppress(LiftLightError):  # One that is gone again is told of as such.
        if not hands.is_stick():
            return None
    hands.tell(StickNews(Word.WORKING))
    try:
        wall = _copy(hands)
    except LiftLightError as error:
        hands.tell(StickNews(Word.FAILED, str(error)))
        return error
    hands.tell(StickNews(Word.SYNCED))
    if wall is not None:
        hands.tell(StickNews(Word.TIME, wall=wall))
    return None


def _copy(hands: StickOperations) -> float | None:
    """Export, and return the time that a file on the stick names."""
    with hands.mounted(read_only=False):
        written = hands.step("write")
    export = str(written["export"])
    if written["problem"] is not None:
        sys.stderr.write(f"The settings on the stick changed nothing: {written['problem']}\n")
    try:
        with hands.mounted(read_only=True):
            hands.step("check", export)
    except LiftLightError:
        with contextlib.suppress(LiftLightError), hands.mounted(read_only=False):
            hands.step("discard", export)
        raise
    with hands.mounted(read_only=False):
        wall = hands.step("finish", export)["time"]
    return None if wall is None else float(wall)


class LinuxStickOperations:
    """The hands on a real machine: mount, umount, lsblk, and steps done as the user liftlight."""

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
        """Have the stick mounted for a while; afterwards it is unmounted, and really written."""
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
        """Do a step on the mounted stick, and return what came of it."""
        place = str(self._place)
        try:
            return self._helper.do(step=name, folder=place, data=str(DATA), export=export)
        except SyncError as error:
            raise SyncError(str(error).replace(place, "the stick")) from None

    def tell(self, news: StickNews) -> None:
        """Tell the running device; if there is none, systemd's journal has it all the same."""
        sys.stderr.write(f"{news.word} {news.detail}".rstrip() + "\n")
        with contextlib.suppress(LiftLightError):
            said = json.dumps(asdict(news))
            self._helper.do(step="tell", folder=str(DEVICE_RUNS_IN), news=said)

    def is_stick(self) -> bool:
        """Whether this is a disk, and none that the machine itself lives on.

        Linux calls disks on USB `sd`. The CD with drivers that some sticks and modems show beside
        their disk is `sr`. Of the machine's own disk something is mounted already.
        """
        if not Path(self._disk).name.startswith("sd"):
            return False
        return not any(any(volume["mountpoints"]) for volume in self._volumes())

    def _find(self) -> tuple[str, str]:
        """Return the stick's first volume of a kind we write, and the kind."""
        volumes = [one for one in self._volumes() if one["parttype"] not in _FOR_STARTING]
        for volume in volumes:
            if volume["fstype"] in _KNOWN:
                if volume["ro"]:
                    raise SyncError("the stick may not be written: slide its lock open.")
                return str(volume["name"]), str(volume["fstype"])
        found = ", ".join(sorted({volume["fstype"] for volume in volumes if volume["fstype"]}))
        raise SyncError(
            f"the stick holds no FAT32 or exFAT ({found or 'nothing known'}): "
            "format it on a computer, or take another one."
        )

    def _volumes(self) -> list[dict[str, Any]]:
        """Return the disk itself and its partitions, as lsblk tells them."""
        # Best effort: on a busy machine udev may be at work on something else for long.
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
    """A process of `user` that does the steps; begun with the first, and anew after one that hung.

    What it says of a step that ended it goes where our own words go.
    """

    def __init__(self, user: pwd.struct_passwd) -> None:
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None

    def do(self, **request: str | None) -> dict[str, Any]:
        """Let it do one step, and return what came of it. Raises SyncError if nothing did."""
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = self._begun()
        asked = self._process.stdin
        assert asked is not None
        try:
            asked.write(json.dumps(request).encode() + b"\n")
            asked.flush()
        except BrokenPipeError:
            pass  # it has ended, and so says nothing more
        try:
            told: dict[str, Any] = json.loads(self._answer(self._process))
        except TimeoutError:
            self.close(patience=0.0)
            raise SyncError("the stick does not answer: take another one.") from None
        except ValueError:
            self.close(patience=0.0)
            raise SyncError(
                "the stick could not be served: plug it in again. (`journalctl` says more.)"
            ) from None
        if "problem" in told:
            raise SyncError(told["problem"])
        done: dict[str, Any] = told["done"]
        return done

    @staticmethod
    def _answer(process: subprocess.Popen[bytes]) -> bytes:
        """Return the line that it answers, less if it ended; raises TimeoutError."""
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
        """Nothing more is wanted of it; if it does not end in `patience` seconds, it is killed."""
        if self._process is not None and not end(self._process, patience):
            sys.stderr.write(
                f"process {self._process.pid} waits for a stick that does not answer, and cannot "
                "be ended: pull the stick\n"
            )
        self._process = None

    def _begun(self) -> subprocess.Popen[bytes]:
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
    """Serve the stick that is named, one stick at a time; return the exit code."""
    disk, *rest = arguments
    folder = Path(os.environ["RUNTIME_DIRECTORY"])
    with LinuxStickOperations(disk, folder) as hands:
        if rest == ["--ended"]:
            hands.tell(StickNews(Word.FAILED, "the stick did not answer: take another one."))
            return 0
        try:
            take_turn(folder.parent)
        except SyncError as error:
            hands.tell(StickNews(Word.FAILED, str(error)))
            return 1
        return 0 if serve(hands) is None else 1


def take_turn(folder: Path) -> None:
    """Wait until no other stick is served, and hold the others back until this process ends.

    Raises SyncError after `TURN_WITHIN_S`.
    """
    turn = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    deadline = time.monotonic() + TURN_WITHIN_S
    while True:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(turn)
                raise SyncError(
                    "another stick does not come to its end: pull it, and plug this one in again."
                ) from None
            time.sleep(_LOOKS_EVERY_S)
        else:
            return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
