"""Gadget mode: over a cable, a computer sees a small read-only drive with the log.

`python -m device.sync.gadget FOLDER` runs as root and only binds: it puts the new image, if there
is one, into place and shows it. The host never sees content change under it: the drive is taken
away, exchanged, and given back, as if somebody had pulled the cable for a moment. A computer that
ejects it takes the image out; it is put back once that computer is gone. Boards without a
device-side USB port (no entry in /sys/class/udc) are left alone.

The kernel's own words: Documentation/usb/gadget_configfs.rst, Documentation/usb/mass-storage.rst.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from device.sync.image import IMAGE, NEW_IMAGE

MAKER = "LiftLight"
VENDOR = MAKER[:8]
"""What a disk can tell of its maker; 99-liftlight-stick.rules tells our own from a stick by it."""

_SETTLE_S = 1.0
"""A drive that is away for less might not be missed by the computer."""

_LANGUAGE = "0x409"
_LUN = "functions/mass_storage.0/lun.0"


def show(folder: Path, root: Path = Path("/")) -> bool:
    """Show the drive of `folder`, its newest image; return whether there is one to be seen.

    Raises OSError if the kernel refuses.
    """
    ports = sorted(path.name for path in (root / "sys/class/udc").glob("*"))
    gadget = root / "sys/kernel/config/usb_gadget/liftlight"
    if not ports:
        return False
    new = folder / NEW_IMAGE
    if new.exists() or not _bound(gadget):
        _make(gadget)
        _unbind(gadget)
        if new.exists():
            new.replace(folder / IMAGE)
        if not (folder / IMAGE).exists():
            return False
        _insert(gadget / _LUN / "file", folder / IMAGE)
        _write(gadget / "UDC", ports[0])
    elif not _text(gadget / _LUN / "file") and _is_alone(root / "sys/class/udc" / ports[0]):
        # A computer ejected it, and so took the image out. The next one to look finds it again.
        _insert(gadget / _LUN / "file", folder / IMAGE)
    return True


def _make(gadget: Path) -> None:
    """Describe the gadget: one read-only, removable drive."""
    for path in (f"strings/{_LANGUAGE}", f"configs/c.1/strings/{_LANGUAGE}", _LUN):
        (gadget / path).mkdir(parents=True, exist_ok=True)
    if _bound(gadget):
        return
    values = {
        "idVendor": "0x1d6b",  # the Linux Foundation's, for gadgets
        "idProduct": "0x0104",
        f"strings/{_LANGUAGE}/manufacturer": MAKER,
        f"strings/{_LANGUAGE}/product": "LiftLight log",
        f"strings/{_LANGUAGE}/serialnumber": "1",
        f"configs/c.1/strings/{_LANGUAGE}/configuration": "log",
        f"{_LUN}/ro": "1",
        f"{_LUN}/removable": "1",
        f"{_LUN}/inquiry_string": f"{VENDOR}{'log':<16}",
    }
    for path, value in values.items():
        _write(gadget / path, value)
    function = gadget / "configs/c.1/mass_storage.0"
    if not function.is_symlink():
        function.symlink_to(gadget / "functions/mass_storage.0")


def _bound(gadget: Path) -> bool:
    return bool(_text(gadget / "UDC"))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _is_alone(port: Path) -> bool:
    """Whether no computer talks on the cable: it is pulled, or the computer is off or asleep.

    The Pi's port does not feel a cable that is pulled: it stays "configured", but is suspended. One
    that tells nothing of itself is taken for alone.
    """
    suspended = any(_text(path) == "1" for path in port.glob("device/gadget*/suspended"))
    return suspended or _text(port / "state") in ("", "not attached", "suspended")


def _unbind(gadget: Path) -> None:
    if _bound(gadget):
        _write(gadget / "UDC", "")
        time.sleep(_SETTLE_S)
        _write(gadget / _LUN / "file", "")


def _insert(lun: Path, image: Path) -> None:
    """Give the kernel the image; one that is a link to something else is refused."""
    handle = os.open(image, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(f"{image} is no plain file")
        _write(lun, f"/proc/self/fd/{handle}")
    finally:
        os.close(handle)


def _write(path: Path, value: str) -> None:
    with path.open("w", encoding="ascii") as file:
        file.write(f"{value}\n")


def main(arguments: Sequence[str]) -> int:
    """Show the drive in the folder that is named; return the exit code."""
    try:
        show(Path(arguments[0]))
    except OSError as error:
        sys.stderr.write(f"the drive cannot be shown ({error}): pull the cable and plug it in\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
