"""What goes on top of Debian: the GPIO driver, and what `install.sh` will ask the network for."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tools.environment import ROOT
from tools.lab import drivers
from tools.lab.archive import Archive, archive
from tools.lab.logged_disk import run

FIRMWARE = ROOT / "firmware_config"
FROM_DEBIAN = ("overlayroot", "busybox", "mtools", "python3-periphery", "python3-colorzero")
"""What `install.sh` installs and Debian has; gpiozero needs the last."""
GPIOZERO = "gpiozero==2.0.1"
BLIND = Path(__file__).parent / "blind"
"""What stands for OpenCV: nothing in this machine sees. picamera2 is never imported, and empty."""


def make_parts(folder: Path, root: Path, kernel: str) -> None:
    """Fill `folder` with gpio-sim.ko, `packages` and `wheels` for the system in `root`."""
    with archive() as packages, tempfile.TemporaryDirectory(prefix="lab-") as scratch:
        work = Path(scratch)
        (work / "sim").mkdir()
        drivers.gpio_sim(packages, kernel, work / "sim").rename(folder / "gpio-sim.ko")
        _archive(packages, root, folder / "packages", work)
    wheels = ["--only-binary", ":all:", "--implementation", "cp", "--python-version", "3.13"]
    wheels += ["--abi", "cp313", "--abi", "abi3", "--abi", "none", "--platform", "any"]
    for glibc in ("2_17", "2_27", "2_28", "2_34", "2014"):
        dash = "manylinux2014_aarch64" if glibc == "2014" else f"manylinux_{glibc}_aarch64"
        wheels += ["--platform", dash]
    for lock in ("requirements-trixie.lock", "requirements-build.lock"):
        _pip("--no-deps", "--require-hashes", *wheels, "--dest", str(folder / "wheels"),
             "--requirement", str(FIRMWARE / lock))  # fmt: skip


def _archive(packages: Archive, root: Path, folder: Path, work: Path) -> None:
    """A package archive in a folder, for the packages that only Raspberry Pi's archive has, too."""
    packages.download_for(root, folder, FROM_DEBIAN)
    for file in list(folder.iterdir()):
        # apt takes %3a in a name for a colon, and would not find the file.
        file.rename(file.with_name(file.name.replace("%3a", "_")))
    _package(folder, work / "python3-picamera2", "python3-picamera2", "9:0", "")
    modules = work / "python3-opencv/usr/lib/python3/dist-packages"
    modules.mkdir(parents=True)
    run("cp", BLIND / "cv2.py", modules)
    _package(folder, work / "python3-opencv", "python3-opencv", "9:0", "python3")
    (work / "lgpio").mkdir()
    modules = work / "python3-lgpio/usr/lib/python3/dist-packages"
    modules.mkdir(parents=True)
    for file in drivers.lgpio(packages, work / "lgpio"):
        file.rename(modules / file.name)
    _package(folder, work / "python3-lgpio", "python3-lgpio", "0.2.2", "python3")
    modules = work / "python3-gpiozero/usr/lib/python3/dist-packages"
    modules.mkdir(parents=True)
    _pip("--no-deps", "--dest", str(work), GPIOZERO)
    run("unzip", "-q", next(work.glob("gpiozero-*.whl")), "-d", modules)
    _package(
        folder, work / "python3-gpiozero", "python3-gpiozero", "2.0.1", "python3, python3-colorzero"
    )
    index = subprocess.run(
        ["dpkg-scanpackages", "--multiversion", "."], check=True, cwd=folder, capture_output=True
    )
    (folder / "Packages").write_bytes(index.stdout)


def _package(folder: Path, tree: Path, name: str, version: str, needs: str) -> None:
    control = tree / "DEBIAN/control"
    control.parent.mkdir(parents=True)
    control.write_text(
        f"Package: {name}\nVersion: {version}\nArchitecture: arm64\nMaintainer: the lab\n"
        + (f"Depends: {needs}\n" if needs else "")
        + "Description: stands for the package of this name in Raspberry Pi's archive\n"
    )
    run("dpkg-deb", "--root-owner-group", "--build", tree, folder)


def _pip(*arguments: str) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download"]
    run(*pip, *arguments)
