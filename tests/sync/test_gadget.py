"""Stories of the drive that a computer sees over a cable: its image, and how it is exchanged."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from device.journal import DiskError, Journal
from device.sync import gadget
from device.sync.errors import SyncError
from device.sync.export import verify
from device.sync.gadget import IMAGE, NEW_IMAGE, make, show
from tests.folders import damage_clock_spans, device
from tests.journal_kit import HandClock, ended, rep, started
from tools.long_log import reading

NOW = reading(30 * 86400.0)
UDC = "fe980000.usb"
LUN = "functions/mass_storage.0/lun.0"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return device(tmp_path / "data", 2)


@pytest.fixture
def mtools() -> None:
    if shutil.which("mformat") is None:
        pytest.skip("no mtools: apt-get install mtools")


def run(*command: object) -> str:
    words = [str(part) for part in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.usefixtures("mtools")
class TestImage:
    def test_it_holds_a_whole_export(self, data: Path, tmp_path: Path) -> None:
        assert make(tmp_path / "drive", data, NOW)
        image = tmp_path / "drive" / NEW_IMAGE
        out = tmp_path / "out"
        out.mkdir()
        run("mcopy", "-i", image, "-s", "-n", "::/", out)
        (export,) = out.rglob("export-1")
        verify(export)
        assert image.read_bytes()[446:512] == bytes(64) + b"\x55\xaa", "no partitions"
        if shutil.which("fsck.vfat"):
            run("fsck.vfat", "-n", image)

    def test_it_is_made_anew_only_for_something_new(self, data: Path, tmp_path: Path) -> None:
        drive = tmp_path / "drive"
        make(drive, data, NOW)
        (drive / NEW_IMAGE).rename(drive / IMAGE)
        assert not make(drive, data, NOW)
        clock = HandClock()
        with Journal(data / "journal.db", clock) as journal:
            journal.write(started())
            journal.write(rep(1)).result(10)
            assert not make(drive, data, NOW), "not while a session runs"
            journal.write(ended(1, 1, 1))
        assert make(drive, data, NOW)
        assert make(drive, data, reading(31 * 86400.0)), "the report's calendar ends today"

    def test_one_that_root_cannot_show_is_not_made_again_every_five_minutes(
        self, data: Path, tmp_path: Path
    ) -> None:
        drive = tmp_path / "drive"
        assert make(drive, data, NOW)
        made = (drive / NEW_IMAGE).stat().st_ino
        assert make(drive, data, NOW)
        assert (drive / NEW_IMAGE).stat().st_ino == made

    def test_one_that_fails_leaves_no_image_and_is_not_tried_every_five_minutes(
        self, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drive = tmp_path / "drive"
        monkeypatch.setattr(gadget, "_SPARE_BYTES", -500_000)
        with pytest.raises(SyncError, match="free some space"):
            make(drive, data, NOW)
        assert not make(drive, data, NOW)
        assert [path.name for path in drive.iterdir()] == [gadget.UP_TO_DATE_WITH]
        monkeypatch.undo()
        assert make(drive, data, reading(31 * 86400.0)), "another day"

    def test_a_year_of_traces_does_not_fill_the_card(self, data: Path, tmp_path: Path) -> None:
        """Traces go to a stick only."""
        traces = data / "traces"
        traces.mkdir()
        for number in range(1, 6):
            (traces / f"{number:06}-aaaaaaaa-1.csv").write_bytes(bytes(1_000_000))
        assert make(tmp_path / "drive", data, NOW)
        assert (tmp_path / "drive" / NEW_IMAGE).stat().st_size < 4_000_000

    def test_a_card_with_little_room_is_left_alone(
        self, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        room = SimpleNamespace(f_bavail=24 * 256, f_frsize=4096)
        monkeypatch.setattr(os, "statvfs", lambda _: room)
        with pytest.raises(SyncError, match=r"needs 24 MB of room, and .* has 24: free some space"):
            make(tmp_path / "drive", data, NOW)
        assert not (tmp_path / "drive").exists()
        room.f_bavail *= 2
        assert make(tmp_path / "drive", data, NOW)

    def test_what_a_power_cut_left_is_removed_by_the_next_one(
        self, data: Path, tmp_path: Path
    ) -> None:
        drive = tmp_path / "drive"
        cut = (
            "import os, sys\n"
            "from pathlib import Path\n"
            "from device.sync import gadget\n"
            "from tests.sync.test_gadget import NOW\n"
            "gadget._fill = lambda *_: os._exit(9)\n"
            "gadget.make(Path(sys.argv[1]), Path(sys.argv[2]), NOW)\n"
        )
        for _ in range(2):
            done = subprocess.run([sys.executable, "-c", cut, drive, data], check=False, timeout=60)
            assert done.returncode == 9
        assert len(list(drive.iterdir())) == 1
        assert make(drive, data, NOW)
        assert {path.name for path in drive.iterdir()} == {NEW_IMAGE, gadget.UP_TO_DATE_WITH}


def test_without_mtools_the_install_is_named(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(SyncError, match="apt-get install mtools"):
        make(tmp_path / "drive", data, NOW)


@pytest.mark.usefixtures("mtools")
def test_a_damaged_journal_is_one_line(data: Path, tmp_path: Path) -> None:
    damage_clock_spans(data / "journal.db")
    with pytest.raises(DiskError, match="is damaged"):
        make(tmp_path / "drive", data, NOW)


def test_a_tool_that_does_not_end_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gadget, "_TOOL_WITHIN_S", 0.1)
    with pytest.raises(SyncError, match=r"could not be made \(sleep does not end\)"):
        gadget._mtools("sleep", "1000")


class Kernel:
    """A folder that stands for the kernel's tree, and for the folder with the images."""

    def __init__(self, root: Path, ports: tuple[str, ...] = (UDC,)) -> None:
        self.root, self.drive = root, root / "drive"
        self.drive.mkdir()
        for port in ports:
            (root / "sys/class/udc" / port).mkdir(parents=True)
        self.gadget = root / "sys/kernel/config/usb_gadget/liftlight"

    def said(self, path: str) -> str:
        return (self.gadget / path).read_text().strip()

    def show(self) -> bool:
        return show(self.drive, self.root)


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    monkeypatch.setattr(gadget, "_SETTLE_S", 0.0)
    return Kernel(tmp_path)


class TestGadget:
    def test_it_is_a_read_only_drive_of_ours(self, kernel: Kernel, tmp_path: Path) -> None:
        (kernel.drive / NEW_IMAGE).write_bytes(b"image")
        assert kernel.show()
        assert kernel.said(f"{LUN}/ro") == "1"
        assert kernel.said("strings/0x409/manufacturer") == gadget.MAKER
        assert kernel.said("UDC") == UDC
        assert (kernel.drive / IMAGE).read_bytes() == b"image"

    def test_a_new_image_is_exchanged_while_no_computer_sees_the_drive(
        self, kernel: Kernel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (kernel.drive / NEW_IMAGE).write_bytes(b"first")
        kernel.show()
        order: list[tuple[str, str]] = []
        write = gadget._write

        def note(path: Path, value: str) -> None:
            order.append((path.name, value.split("/", 1)[0]))
            write(path, value)

        monkeypatch.setattr(gadget, "_write", note)
        (kernel.drive / NEW_IMAGE).write_bytes(b"second")
        assert kernel.show()
        assert order == [("UDC", ""), ("file", ""), ("file", ""), ("UDC", UDC)]
        assert (kernel.drive / IMAGE).read_bytes() == b"second"
        order.clear()
        assert kernel.show()
        assert order == [], "nothing new: the computer is left in peace"

    @pytest.mark.parametrize(
        ("state", "suspended", "back"),
        [
            ("not attached", "0", True),
            ("configured", "1", True),
            ("suspended", "0", True),
            ("configured", "0", False),
            ("addressed", "0", False),
        ],
    )
    def test_one_that_was_ejected_comes_back_once_the_computer_is_gone(
        self, kernel: Kernel, state: str, suspended: str, back: bool
    ) -> None:
        (kernel.drive / NEW_IMAGE).write_bytes(b"image")
        kernel.show()
        port = kernel.root / "sys/class/udc" / UDC
        (port / "device/gadget.0").mkdir(parents=True)
        (port / "device/gadget.0/suspended").write_text(f"{suspended}\n")
        (port / "state").write_text(f"{state}\n")
        (kernel.gadget / LUN / "file").write_text("\n")
        assert kernel.show()
        assert bool(kernel.said(f"{LUN}/file")) == back
        assert kernel.said("UDC") == UDC

    def test_an_image_that_is_a_link_is_not_shown(self, kernel: Kernel, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("mine")
        (kernel.drive / IMAGE).symlink_to(tmp_path / "secret")
        with pytest.raises(OSError, match="symbolic links"):
            kernel.show()
        assert not (kernel.gadget / "UDC").exists(), "it was never bound"

    def test_an_image_that_is_a_pipe_is_not_waited_for(self, kernel: Kernel) -> None:
        os.mkfifo(kernel.drive / IMAGE)
        with ThreadPoolExecutor() as pool:
            shown = pool.submit(kernel.show)
            try:
                with pytest.raises(OSError, match="no plain file"):
                    shown.result(10)
            finally:  # lets go of who waits all the same
                os.close(os.open(kernel.drive / IMAGE, os.O_RDWR))

    def test_boards_that_cannot_are_left_alone(self, tmp_path: Path) -> None:
        kernel = Kernel(tmp_path, ports=())
        (kernel.drive / NEW_IMAGE).write_bytes(b"image")
        assert not kernel.show()
        assert not kernel.gadget.exists()

    def test_without_an_image_there_is_no_drive(self, kernel: Kernel) -> None:
        assert not kernel.show()
