"""Stories of the installer on a board made of stand-ins for the system's commands.

Only what is named here is in its PATH, so nothing of the machine that runs the tests is reached.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.firmware.test_firmware import FILES, FIRMWARE, STOCK_CONFIG, Machine

REAL = ("bash", "sh", "cat", "cmp", "cp", "cut", "dirname", "env", "find", "grep", "ln", "mkdir",
        "mktemp", "rmdir", "sed", "sha256sum", "sort", "tail", "touch", "tr", "xargs")  # fmt: skip
"""Commands that are as they are."""
NOTED = ("install", "mv", "rm")
"""Those too, but for their owners: nobody here is called liftlight."""
AS_NOBODY = (
    'for a; do shift; case $a in -o | -g | liftlight) ;; *) set -- "$@" "$a" ;; esac; done\n'
)
DOOR = re.compile(
    r"^ConditionPathExists=/run/liftlight-maintenance$|^overlayroot=|authorized|^Options=(.*,)?ro$",
    re.M,
)
"""What a file says that closes a way in, or keeps its owner from writing."""
CHANGES = ("install", "mv", "rm", "apt-get", "update-initramfs", "systemd-sysusers", "systemctl")
PROGRAM = """. "$1"
shift
files_only=
install_python() { :; }
main "$@"
"""
WITH_PYTHON = """. "$1"
shift
files_only= venv=$ROOT/opt/liftlight command=$ROOT/usr/local/bin/liftlight
install_python trixie
"""
PYTHON = """
case $* in
    *"-m venv"*) for venv; do :; done; mkdir -p "$venv/bin"; cp "$0" "$venv/bin/python3" ;;
    *"pip install"*) case $0 in */opt/liftlight/*) echo whole >"${0%/*}/library" ;; esac ;;
esac
"""
"""Stands for Python: what it makes is a folder with itself in it, and what pip installs a file."""


class Board:
    """A Raspberry Pi that answers as it is told, and keeps a list of what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.machine = Machine(folder / "root", "trixie")
        self.machine.write("boot/firmware/config.txt", STOCK_CONFIG + "\nauto_initramfs=1\n")
        self.machine.write("run/systemd/system/.there", "")
        self.partitions = {
            "/dev/mmcblk0p1": ("bootfs", "vfat"),
            "/dev/mmcblk0p2": ("rootfs", "ext4"),
            "/dev/mmcblk0p3": ("LIFTLIGHT", "ext4"),
        }
        self.on_usb: set[str] = set()
        self.mounted = folder / "mounted"
        self._log = folder / "log"
        self._bin = folder / "bin"
        self._bin.mkdir()
        for name in REAL:
            (self._bin / name).symlink_to(_real(name))
        for name in NOTED:
            self.answer(name, f'{AS_NOBODY}exec {_real(name)} "$@"')
        for name in ("update-initramfs", "systemd-sysusers", "apt-get", "sync"):
            self.answer(name, ":")
        self.answer("uname", "echo aarch64")
        self.answer("getconf", "echo 64")
        self.answer("id", "echo 0")
        self.answer("df", "echo Avail; echo 9000M")
        self.answer("findmnt", "case $* in *FSTYPE*) echo ext4 ;; *) echo /dev/mmcblk0p2 ;; esac")
        self.answer("dpkg-query", "echo installed 9")
        self.answer("dpkg", "exit 1")
        self.answer("mountpoint", f"[ -e {self.mounted} ]")
        self.answer("systemctl", f'[ "$*" != "start data.mount" ] || touch {self.mounted}')

    def answer(self, command: str, script: str) -> None:
        stub = self._bin / command
        stub.write_text(f'#!/bin/sh\necho "{command} $*" >>{self._log}\n{script}\n')
        stub.chmod(0o755)

    def install(self, *options: str, program: str = PROGRAM) -> subprocess.CompletedProcess[str]:
        self._log.write_text("")
        self.answer("blkid", _cases(self._blkid(), otherwise="exit 2"))
        walk = "info --attribute-walk --name "
        usb = "echo '    SUBSYSTEMS==\"usb\"'"
        self.answer("udevadm", _cases({walk + device: usb for device in self.on_usb}))
        return subprocess.run(
            ["bash", "-c", program, "install.sh", FIRMWARE / "install.sh", *options],
            env={
                "ROOT": str(self.machine.root),
                "PATH": str(self._bin),
                "TMPDIR": str(self._bin.parent),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def asked(self) -> list[str]:
        return self._log.read_text().splitlines()

    def files(self) -> dict[str, tuple[bytes, int]]:
        return self.machine.files()

    def closed(self) -> list[str]:
        """The doors that would be closed at the next start."""
        doors = [name for name in _doors() if (self.machine.root / name).exists()]
        config = (self.machine.root / "boot/firmware/config.txt").read_text()
        return [*doors, *re.findall("^include liftlight.txt$", config, re.M)]

    def _blkid(self) -> dict[str, str]:
        by_label: dict[str, list[str]] = {}
        for device, (label, _) in self.partitions.items():
            by_label.setdefault(label, []).append(device)
        return {
            **{f"-L {label}": f"echo {there[0]}" for label, there in by_label.items()},
            **{
                f"-t LABEL={label} -o device": f"printf '%s\\n' {' '.join(there)}"
                for label, there in by_label.items()
            },
            **{
                f"-s TYPE -o value {device}": f"echo {kind}"
                for device, (_, kind) in self.partitions.items()
            },
        }


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)


def _real(command: str) -> str:
    found = shutil.which(command)
    assert found is not None, command
    return found


def _cases(answers: dict[str, str], otherwise: str = ":") -> str:
    lines = [f"'{asked}') {answer} ;;" for asked, answer in answers.items()]
    return "\n".join(['case "$*" in', *lines, f"*) {otherwise} ;;", "esac"])


def _doors() -> list[str]:
    """The files of ours that close something."""
    files = (file for file in FILES.rglob("*") if file.is_file() and "boot/" not in str(file))
    names = [str(file.relative_to(FILES)) for file in files if DOOR.search(file.read_text())]
    return [name for name in names if not name.endswith("liftlight-maintenance.service")]


def _too_old(board: Board) -> None:
    board.answer("uname", "echo armv7l")


def _under_the_overlay(board: Board) -> None:
    board.answer("findmnt", "echo overlay")


def _not_from_the_imager(board: Board) -> None:
    del board.partitions["/dev/mmcblk0p1"]


def _without_boot_settings(board: Board) -> None:
    (board.machine.root / "boot/firmware/config.txt").unlink()


def _without_data(board: Board) -> None:
    del board.partitions["/dev/mmcblk0p3"]


def _data_of_another_kind(board: Board) -> None:
    board.partitions["/dev/mmcblk0p3"] = ("LIFTLIGHT", "vfat")


def _data_on_usb(board: Board) -> None:
    board.on_usb = {"/dev/mmcblk0p3"}


def _data_twice(board: Board) -> None:
    board.partitions["/dev/nvme0n1p1"] = ("LIFTLIGHT", "ext4")


def _full(board: Board) -> None:
    board.answer("df", "echo Avail; echo 300M")


class TestRefusals:
    @pytest.mark.parametrize(
        ("trouble", "cure"),
        [
            (_too_old, "install Raspberry Pi OS Lite (64-bit)"),
            (_under_the_overlay, "rename overlayroot.off to overlayroot.conf"),
            (_not_from_the_imager, "flashed by its Imager"),
            (_without_boot_settings, "use Raspberry Pi OS Bookworm or Trixie"),
            (_without_data, "On a new card: sudo install.sh --make-room"),
            (_data_of_another_kind, "On a new card: sudo install.sh --make-room"),
            (_data_on_usb, "use a card or an NVMe disk"),
            (_data_twice, "sudo e2label /dev/nvme0n1p1 OLD"),
            (_full, "only 300 MB are free on /, 1500 are needed: use a larger root partition"),
        ],
    )
    def test_it_names_the_cure_and_has_done_nothing(
        self, board: Board, trouble: Callable[[Board], None], cure: str
    ) -> None:
        trouble(board)
        before = board.files()
        refused = board.install()
        assert refused.returncode == 1
        assert len(refused.stderr.splitlines()) == 1
        assert cure in refused.stderr
        assert board.files() == before
        assert not [asked for asked in board.asked() if asked.split()[0] in CHANGES]

    @pytest.mark.parametrize("mode", ["--dry-run", "--uninstall"])
    def test_who_may_not_read_the_disks_is_told_so_and_not_that_they_lack_something(
        self, board: Board, mode: str
    ) -> None:
        board.answer("id", "echo 1000")
        board.partitions = {}
        refused = board.install(mode)
        assert refused.returncode == 2
        assert refused.stderr.endswith("put sudo before it.\n")
        assert not [asked for asked in board.asked() if asked.split()[0] in CHANGES]

    def test_a_board_with_nothing_amiss_is_installed_once(self, board: Board) -> None:
        done = board.install()
        assert done.returncode == 0, done.stderr
        assert "Done. Switch off" in done.stdout
        whole = board.files()
        assert board.install().stdout == "Nothing to do: LiftLight is installed.\n"
        assert board.files() == whole

    def test_a_stick_with_the_same_label_is_not_taken_for_the_data(self, board: Board) -> None:
        board.partitions = {"/dev/sda1": ("LIFTLIGHT", "ext4"), **board.partitions}
        board.on_usb = {"/dev/sda1"}
        assert board.install().returncode == 0
        settled = next(asked for asked in board.asked() if "--settle" in asked)
        assert settled.endswith("--name-match=/dev/mmcblk0p3")

    def test_why_a_boot_made_no_room_is_told(self, board: Board) -> None:
        _without_data(board)
        board.machine.write("run/initramfs/liftlight-room.log", "liftlight: root is damaged\n")
        assert "labelled LIFTLIGHT (root is damaged)." in board.install().stderr

    def test_no_image_is_made_without_boot_settings(self, board: Board) -> None:
        _without_boot_settings(board)
        before = board.files()
        assert "there is no /boot/firmware/config.txt" in board.install("--image").stderr
        assert board.files() == before


class TestDoors:
    """What is cut off in the middle leaves a machine that its owner can still reach."""

    def test_there_are_doors(self) -> None:
        names = " ".join(_doors())
        for door in ("overlayroot", "NetworkManager", "ssh", "usb.rules", "boot-firmware.mount"):
            assert door in names

    def test_they_are_all_closed_in_the_end(self, board: Board) -> None:
        board.install()
        assert board.closed() == [*_doors(), "include liftlight.txt"]

    def test_data_that_do_not_mount_close_none(self, board: Board) -> None:
        board.answer("systemctl", '[ "$*" != "start data.mount" ]')
        refused = board.install()
        assert refused.returncode == 1
        assert "/data did not mount: see `systemctl status data.mount`" in refused.stderr
        assert board.closed() == []

    @pytest.mark.parametrize("last", ["update-initramfs -u -k all", "systemctl enable"])
    def test_what_is_cut_off_before_the_end_closes_none(self, board: Board, last: str) -> None:
        command, _, options = last.partition(" ")
        board.answer(command, f'touch {board.mounted}\ncase $* in "{options}"*) exit 1 ;; esac')
        assert board.install().returncode == 1
        assert any(asked.startswith(last) for asked in board.asked())
        assert board.closed() == []

    def test_the_way_back_in_is_there_before_they_close(self, board: Board) -> None:
        board.install()
        asked = board.asked()
        way = _first(asked, "systemctl enable .*liftlight-maintenance.service")
        assert way < _first(asked, "update-initramfs")
        written = [i for i, line in enumerate(asked) if line.startswith(("install -D", "mv"))]
        closing = [i for i in written if asked[i].endswith((*_doors(), "config.txt"))]
        assert len(closing) == len(_doors()) + 1
        assert closing[0] > _first(asked, "update-initramfs")

    def test_uninstalling_opens_them_first(self, board: Board) -> None:
        board.install()
        opened = len(_doors())
        assert board.install("--uninstall").returncode == 0
        asked = board.asked()
        removed = [i for i, line in enumerate(asked) if line.endswith(tuple(_doors()))]
        assert len(removed) == opened
        assert removed[-1] < _first(asked, "systemctl disable")
        assert board.closed() == []

    @pytest.mark.parametrize("mode", [(), ("--uninstall",)], ids=["install", "uninstall"])
    def test_all_is_on_the_card_before_anybody_is_told_to_switch_off(
        self, board: Board, mode: tuple[str, ...]
    ) -> None:
        if mode:
            board.install()
        assert board.install(*mode).returncode == 0
        changing = [asked for asked in board.asked() if asked.split()[0] in (*CHANGES, "sync")]
        assert changing[-1].split() == ["sync"]


class TestPython:
    """The environment that LiftLight runs in: made from the network, and checked without."""

    @pytest.fixture
    def library(self, board: Board) -> Path:
        """A file that pip installed."""
        board.machine.write("usr/local/bin/.there", "")
        board.answer("python3", PYTHON)
        assert board.install(program=WITH_PYTHON).returncode == 0
        return board.machine.root / "opt/liftlight/bin/library"

    def test_it_is_made_once(self, board: Board, library: Path) -> None:
        assert library.read_text() == "whole\n"
        again = board.install(program=WITH_PYTHON)
        assert (again.returncode, again.stdout) == (0, "")
        assert "pip" not in " ".join(board.asked())

    def test_liftlight_may_read_it_though_its_installer_keeps_files_to_himself(
        self, board: Board, library: Path
    ) -> None:
        venv = board.machine.root / "opt/liftlight"
        shutil.rmtree(venv)
        assert board.install(program=f"umask 077\n{WITH_PYTHON}").returncode == 0
        for path in (venv, library.parent, library):
            assert path.stat().st_mode & 0o004, path

    def test_what_a_failing_card_damaged_is_made_anew(self, board: Board, library: Path) -> None:
        library.write_text("whxle\n")
        assert "making" in board.install(program=WITH_PYTHON).stdout
        assert library.read_text() == "whole\n"

    @pytest.mark.parametrize("fetched", ["build", "trixie"])
    def test_a_network_that_fails_takes_nothing_away(
        self, board: Board, library: Path, fetched: str
    ) -> None:
        down = f"case $* in *--no-index*) ;; *requirements-{fetched}.lock*) exit 1 ;; esac"
        newer = 'case $* in --version) echo "Python 3.13.9" ;; esac'
        board.answer("python3", f"{down}\n{newer}\n{PYTHON}")
        assert board.install(program=WITH_PYTHON).returncode == 1
        assert library.read_text() == "whole\n"


class TestRoom:
    def test_the_next_boot_is_prepared_once(self, board: Board) -> None:
        _without_data(board)
        assert "Restart" in board.install("--make-room").stdout
        assert "update-initramfs -u -k all" in board.asked()
        assert board.asked()[-1].split() == ["sync"]
        again = board.install("--make-room")
        assert "Restart" in again.stdout
        assert "update-initramfs -u -k all" not in board.asked()

    def test_a_preparation_that_failed_is_done_again(self, board: Board) -> None:
        _without_data(board)
        board.answer("update-initramfs", "exit 1")
        assert board.install("--make-room").returncode == 1
        board.answer("update-initramfs", ":")
        assert board.install("--make-room").returncode == 0
        assert "update-initramfs -u -k all" in board.asked()

    def test_what_was_prepared_and_taken_away_is_prepared_again(self, board: Board) -> None:
        _without_data(board)
        board.install("--make-room")
        board.install("--uninstall")
        board.answer("update-initramfs", "exit 1")
        assert board.install("--make-room").returncode == 1
        assert board.install("--make-room").returncode == 1

    def test_where_there_is_room_none_is_made(self, board: Board) -> None:
        assert "Nothing to do" in board.install("--make-room").stdout

    def test_a_stick_with_the_label_is_in_the_way(self, board: Board) -> None:
        _data_on_usb(board)
        refused = board.install("--make-room")
        assert refused.returncode == 1
        assert "take it out" in refused.stderr

    def test_a_system_on_usb_gets_none(self, board: Board) -> None:
        _without_data(board)
        board.on_usb = {"/dev/mmcblk0p2"}
        refused = board.install("--make-room")
        assert refused.returncode == 1
        assert "use a card or an NVMe disk" in refused.stderr


def _first(asked: list[str], pattern: str) -> int:
    return next(i for i, line in enumerate(asked) if re.match(pattern, line))
