"""`python -m tools.image`: an image of the card that anybody can flash, and what goes with it.

`build` has Raspberry Pi's own rpi-image-gen make a board's image of `firmware_config/image`, packs
it, and writes its SHA-256 beside it. `sbom` lists what LiftLight puts on top of the system, as a
bill of materials in CycloneDX 1.6. `imager` writes the list by which Raspberry Pi Imager offers the
images of a folder. `guide` writes into `firmware_config/README.md` how the files get onto a card.
"""

from __future__ import annotations

import argparse
import hashlib
import lzma
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from device.errors import CallerError
from device.files import whole_file
from tools import vendor_uplot
from tools.documents import bring_up_to_date, write_json
from tools.environment import ROOT, ToolError, argument_parser, in_one_line
from tools.lock import FIRMWARE

GUIDE = FIRMWARE / "README.md"
SYSTEM_LOCK = FIRMWARE / "requirements-trixie.lock"
"""What is installed beside the system's packages in the image, which is a Trixie."""

ICON = FIRMWARE / "image" / "icon.svg"
OUT = ROOT / "out" / "image"
PASSWORD = "LIFTLIGHT_PASSWORD_HASH"
"""The variable of the environment that has the hash of the password for maintenance.

Never the password itself: rpi-image-gen prints its settings and keeps them beside the image.
"""

_EMULATOR = Path("/proc/sys/fs/binfmt_misc/qemu-aarch64")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Board:
    """A board that has an image of its own.

    `layer` is its name in rpi-image-gen. `tag` is Raspberry Pi Imager's name for the 64-bit systems
    that run on it; a Zero 2 W has that of a Pi 3, whose processor it shares.
    """

    name: str
    layer: str
    tag: str


BOARDS: Mapping[str, Board] = {
    "pi3": Board("Raspberry Pi 3B+", "rpi3", "pi3-64bit"),
    "pi4": Board("Raspberry Pi 4", "rpi4", "pi4-64bit"),
    "pi5": Board("Raspberry Pi 5", "rpi5", "pi5-64bit"),
    "zero2w": Board("Raspberry Pi Zero 2 W", "rpizero2w", "pi3-64bit"),
}


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the first argument names, and print the files written; return the exit code."""
    parser = argument_parser("tools.image", __doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    build_ = commands.add_parser("build", help="make a board's image, packed, and its SHA-256")
    build_.add_argument("--board", choices=BOARDS, default="pi4", help="default: pi4")
    commands.add_parser("sbom", help="write the bill of materials")
    imager = commands.add_parser("imager", help="write the list for Raspberry Pi Imager")
    imager.add_argument(
        "--downloads", required=True, metavar="URL", help="where the images will be, without name"
    )
    commands.add_parser("guide", help="bring the guide's step up to date")
    for command in (build_, commands.choices["sbom"], imager):
        command.add_argument("folder", nargs="?", type=Path, default=OUT, help="default: out/image")
    options = parser.parse_args(arguments)
    if options.command == "guide":
        return bring_up_to_date(GUIDE, {"clone": clone_step})
    for path in _written(options):
        print(path)
    return 0


def _written(options: argparse.Namespace) -> Iterator[Path]:
    folder: Path = options.folder
    if options.command == "build":
        yield from build(options.board, folder)
        return
    if options.command == "sbom":
        folder.mkdir(parents=True, exist_ok=True)
        path, data = folder / f"liftlight-{version()}.cdx.json", sbom(datetime.now(UTC))
    else:
        today = datetime.now(UTC).date()
        path, data = folder / "imager.json", imager_list(folder, options.downloads, today)
    write_json(path, data)
    yield path


def version() -> str:
    """Return LiftLight's version, from pyproject.toml."""
    return str(_project()["version"])


def clone_step() -> str:
    """Return the step of the guide that brings this repository onto the device.

    It clones the address that is `Repository` under `[project.urls]` in pyproject.toml. Without one
    the card carries the repository, so that the guide never names an address that is not ours.
    """
    repository = _project().get("urls", {}).get("Repository")
    if repository:
        return _fenced("sudo apt install git", f"git clone {repository} liftlight && cd liftlight")
    return (
        "   Before, in this checkout on the computer that flashed the card, with `BOOTFS` for the\n"
        "   folder in which it shows the card's boot partition:\n"
        + _fenced("git bundle create BOOTFS/liftlight.bundle HEAD main")
        + "   Then on the device:\n"
        + _fenced(
            "sudo apt install git",
            "git clone /boot/firmware/liftlight.bundle liftlight && cd liftlight",
        )
    )


def _fenced(*lines: str) -> str:
    return "".join(f"   {line}\n" for line in ("```", *lines, "```"))


def lacks() -> list[str]:
    """Return what this computer lacks to make an image; nothing if it can be tried."""
    missing = [name for name in ("rpi-image-gen", "xz", "git") if shutil.which(name) is None]
    if platform.machine() != "aarch64" and not _EMULATOR.exists():
        missing.append("a 64-bit ARM processor (or qemu-user-static, slowly)")
    return missing


def build(board: str, folder: Path) -> list[Path]:
    """Make the image of a `board`, a key of `BOARDS`, in `folder`; return it and its SHA-256 file.

    What is built is the last commit of this checkout. Raises ToolError if this computer cannot do
    it or rpi-image-gen fails, CallerError if no password's hash is in the environment.
    """
    if missing := lacks():
        raise ToolError(
            f"no image can be made here, for want of {', '.join(missing)}: see `An image instead` "
            "in firmware_config/README.md."
        )
    password = os.environ.get(PASSWORD)
    if not password:
        raise CallerError(
            "nobody could log in for maintenance: "
            f'{PASSWORD}="$(openssl passwd -6)" make image, which asks for a password.'
        )
    work = folder.absolute() / "work" / board
    command = [
        "rpi-image-gen", "build", "-S", str(FIRMWARE / "image"), "-c", "liftlight.yaml", "--",
        f"IGconf_device_layer={BOARDS[board].layer}",
        f"IGconf_device_user1passhash={password}",
        f"IGconf_sys_workroot={work}",
    ]  # fmt: skip
    work.mkdir(parents=True, exist_ok=True)
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        raise ToolError("rpi-image-gen made no image: what it printed last says why.")
    made = work / "image-liftlight" / "liftlight.img"
    if not made.exists():
        raise ToolError(f"rpi-image-gen wrote no {made}: is it older than 2.9?")
    packed = folder / f"liftlight-{version()}-{board}.img.xz"
    with whole_file(packed) as partial, partial.open("wb") as out:
        if subprocess.run(["xz", "-T0", "-c", made], stdout=out, check=False).returncode != 0:
            raise ToolError(f"xz could not pack {made}: is the disk full?")
    checksum = packed.with_name(f"{packed.name}.sha256")
    checksum.write_text(f"{_of_file(packed)[1]}  {packed.name}\n", encoding="utf-8")
    return [packed, checksum]


def sbom(now: datetime) -> dict[str, Any]:
    """Return what LiftLight puts on top of the system in an image, in CycloneDX 1.6.

    Everything has a version and the SHA-256 by which it is checked when it is installed or loaded.
    The system's own packages are not in it, as apt decides on them when an image is made; the list
    that rpi-image-gen makes has those.
    """
    parts = [*_packages(), *_models(), _uplot()]
    whole = {
        "type": "application",
        "bom-ref": f"pkg:generic/liftlight@{version()}",
        "name": "liftlight",
        "version": version(),
        "description": _project()["description"],
        "licenses": [{"license": {"id": _project()["license"]}}],
        "purl": f"pkg:generic/liftlight@{version()}",
    }
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"timestamp": now.isoformat(timespec="seconds"), "component": whole},
        "components": parts,
        "dependencies": [{"ref": whole["bom-ref"], "dependsOn": [it["bom-ref"] for it in parts]}],
        "compositions": [{"aggregate": "incomplete", "assemblies": [whole["bom-ref"]]}],
    }


def _packages() -> Iterator[dict[str, Any]]:
    """Yield the packages of the lock, in whose form a wheel's hash follows its name and version."""
    pins = re.findall(
        r"^(\S+)==(\S+) \\\n\s+--hash=sha256:([0-9a-f]{64})$",
        SYSTEM_LOCK.read_text(encoding="utf-8"),
        re.M,
    )
    for name, number, sha256 in pins:
        yield _component("library", name, number, f"pkg:pypi/{name}@{number}", sha256)


def _models() -> Iterator[dict[str, Any]]:
    manifest = tomllib.loads((ROOT / "models" / "manifest.toml").read_text(encoding="utf-8"))
    for name, model in manifest.items():
        yield _component(
            "machine-learning-model", name, version(), f"model:{name}", model["sha256"]
        )


def _uplot() -> dict[str, Any]:
    number = vendor_uplot.VERSION
    script = vendor_uplot.SHA256["dist/uPlot.iife.min.js"]
    return _component("library", "uplot", number, f"pkg:npm/uplot@{number}", script)


def _component(kind: str, name: str, number: str, reference: str, sha256: str) -> dict[str, Any]:
    purl = {"purl": reference} if reference.startswith("pkg:") else {}
    return {
        "type": kind,
        "bom-ref": reference,
        "name": name,
        "version": number,
        "hashes": [{"alg": "SHA-256", "content": sha256}],
        **purl,
    }


def imager_list(folder: Path, downloads: str, today: date) -> dict[str, Any]:
    """Return the list for Raspberry Pi Imager of the packed images in `folder`.

    `downloads` is the URL under which they, and the icon, will be found by their names. Each image
    is unpacked once to measure it, because Imager checks what it has written. Raises CallerError if
    there is no image, ToolError if one is damaged.
    """
    images = [folder / f"liftlight-{version()}-{board}.img.xz" for board in BOARDS]
    entries = [
        _entry(BOARDS[board], image, downloads.rstrip("/"), today)
        for board, image in zip(BOARDS, images, strict=True)
        if image.exists()
    ]
    if not entries:
        raise CallerError(
            f"{folder} has no image of LiftLight {version()}: `make image` makes one."
        )
    return {"os_list": entries}


def _entry(board: Board, image: Path, downloads: str, today: date) -> dict[str, Any]:
    size, sha256 = _unpacked(image)
    packed_size, packed_sha256 = _of_file(image)
    return {
        "name": f"LiftLight {version()} ({board.name})",
        "description": _project()["description"],
        "icon": f"{downloads}/{ICON.name}",
        "url": f"{downloads}/{image.name}",
        "extract_size": size,
        "extract_sha256": sha256,
        "image_download_size": packed_size,
        "image_download_sha256": packed_sha256,
        "release_date": today.isoformat(),
        "devices": [board.tag],
        # Imager's settings for a user or Wi-Fi would not survive: root forgets at every start.
        "init_format": "none",
        "architecture": "armv8",
    }


def _unpacked(image: Path) -> tuple[int, str]:
    """Return the size in bytes and the SHA-256 of what is packed in `image`."""
    try:
        with lzma.open(image) as file:
            return _measured(iter(lambda: file.read(_CHUNK), b""))
    except (lzma.LZMAError, EOFError) as error:
        raise ToolError(f"{image} is damaged: make it again with `make image`.") from error


def _of_file(path: Path) -> tuple[int, str]:
    """Return the size in bytes and the SHA-256 of a file."""
    with path.open("rb") as file:
        return _measured(iter(lambda: file.read(_CHUNK), b""))


def _measured(chunks: Iterator[bytes]) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    for chunk in chunks:
        size += len(chunk)
        digest.update(chunk)
    return size, digest.hexdigest()


def _project() -> dict[str, Any]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project: dict[str, Any] = settings["project"]
    return project


if __name__ == "__main__":
    sys.exit(main())
