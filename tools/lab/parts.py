"""What goes on top of Debian: a GPIO driver, lgpio, and what `install.sh` will ask the network for.

Debian has no package of the kernel's GPIO simulator and none of lgpio for its Python. Both are
compiled on this machine for the other; emulated it would take minutes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tools.environment import ROOT
from tools.lab.debian import PYTHON, Archive, archive
from tools.lab.steps import run

LGPIO = "lgpio==0.2.2.0"
HOST_LIBC = "x86_64-linux-gnu"
SIM = "drivers/gpio/gpio-sim.c"
IRQ = "kernel/irq/irq_sim.c"

FIRMWARE = ROOT / "firmware_config"
FROM_DEBIAN = ("overlayroot", "busybox", "mtools", "python3-periphery", "python3-colorzero")
"""What `install.sh` installs and Debian has; gpiozero needs the last."""
GPIOZERO = "gpiozero==2.0.1"
BLIND = Path(__file__).parent / "blind"
"""Stands for OpenCV, as nothing in this machine sees; picamera2 is never imported, and empty."""


def gpio_sim(packages: Archive, kernel: str, scratch: Path) -> Path:
    """Return gpio-sim.ko for the kernel release `kernel`, made of Debian's own sources."""
    version = kernel.removesuffix("-arm64")
    here = scratch / "here"
    tools = [f"linux-headers-{kernel}:arm64", f"linux-headers-{version}-common",
             f"linux-kbuild-{version}:amd64", "libc6:amd64"]  # fmt: skip
    for package in packages.download(scratch / "debs", tools):
        run("dpkg", "-x", package, here)
    headers = here / f"usr/src/linux-headers-{kernel}"
    # Without it the build leaves out type information that nobody here reads.
    (headers / "vmlinux").unlink(missing_ok=True)
    makefile = headers / "Makefile"
    makefile.write_text(makefile.read_text().replace("/usr/src/", f"{here}/usr/src/"))
    _make_runnable(here / f"usr/lib/linux-kbuild-{version}/scripts", here)

    module = scratch / "gpio-sim"
    module.mkdir()
    source = packages.download(
        scratch / "source", [f"linux-source-{version.split('.')[0]}.{version.split('.')[1]}"]
    )[0]
    sim, irq = _sources(source, scratch, SIM, IRQ)
    (module / "gpio-sim-core.c").write_text(sim)
    # irq_to_desc is not exported to modules; generic_handle_irq does the same.
    (module / "irq_sim.c").write_text(
        irq.replace("handle_simple_irq(irq_to_desc(irqnum));", "generic_handle_irq(irqnum);")
    )
    (module / "Makefile").write_text(
        "obj-m := gpio-sim.o\ngpio-sim-y := gpio-sim-core.o irq_sim.o\n"
    )
    compiler = scratch / "cc"
    # The kernel's own compiler is newer than the one here and has another name for an option.
    _script(
        compiler,
        "for a do shift; case $a in -fmin-function-alignment=*) a=-falign-functions=${a#*=};; "
        'esac; set -- "$@" "$a"; done\nexec aarch64-linux-gnu-gcc "$@"',
    )
    run("make", "--silent", "-C", headers, f"M={module}", "ARCH=arm64", f"CC={compiler}", "modules")
    run("aarch64-linux-gnu-strip", "--strip-debug", module / "gpio-sim.ko")
    return module / "gpio-sim.ko"


def lgpio(packages: Archive, scratch: Path) -> list[Path]:
    """Return the files of the Python module lgpio, its library compiled in."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download"]
    run(*pip, "--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--dest", scratch, LGPIO)
    run("tar", "-x", "-C", scratch, "-f", next(scratch.glob("lgpio-*.tar.gz")))
    source = next(path for path in scratch.glob("lgpio-*") if path.is_dir())
    python = packages.download(scratch / "python", [f"libpython{PYTHON}-dev:arm64"])[0]
    run("dpkg", "-x", python, scratch / "headers")
    # Away from the C library's own headers, which the compiler has.
    include = scratch / "include"
    include.mkdir()
    for path in (f"python{PYTHON}", "aarch64-linux-gnu"):
        (scratch / "headers/usr/include" / path).rename(include / path)
    subprocess.run(["swig", "-python", "lgpio.i"], check=True, cwd=source)
    library = source / "_lgpio.so"
    run("aarch64-linux-gnu-gcc", "-shared", "-fPIC", "-O2", "-pthread", "-w", "-o", library,
        f"-I{include}/python{PYTHON}", f"-I{include}", f"-I{source}/src",
        source / "lgpio_wrap.c", *sorted((source / "src").glob("lg*.c")),
        source / "src/rgpiod.c")  # fmt: skip
    return [library, source / "lgpio.py"]


def _make_runnable(scripts: Path, here: Path) -> None:
    """Let the kernel's build tools run with the C library that they were built for."""
    library = here / "usr/lib" / HOST_LIBC
    for tool in (scripts / "basic/fixdep", scripts / "mod/modpost", scripts / "genksyms/genksyms"):
        real = tool.with_name(f"{tool.name}.real-lsb-64")
        if not real.exists():
            real = tool.rename(tool.with_name(f"{tool.name}.real"))
        tool.unlink(missing_ok=True)
        loader = library / "ld-linux-x86-64.so.2"
        _script(tool, f'exec {loader} --library-path {library} {real} "$@"')


def _sources(package: Path, scratch: Path, *wanted: str) -> list[str]:
    run("dpkg", "-x", package, scratch / "linux")
    tarball = next((scratch / "linux/usr/src").glob("linux-source-*.tar.xz"))
    top = tarball.name.removesuffix(".tar.xz")
    subprocess.run(
        ["tar", "-x", "-f", tarball, "-C", scratch, *(f"{top}/{path}" for path in wanted)],
        check=True,
    )
    return [(scratch / top / path).read_text() for path in wanted]


def _script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def make_parts(folder: Path, root: Path, kernel: str) -> None:
    """Fill `folder` with gpio-sim.ko, `packages` and `wheels` for the system in `root`."""
    with archive() as packages, tempfile.TemporaryDirectory(prefix="lab-") as scratch:
        work = Path(scratch)
        (work / "sim").mkdir()
        gpio_sim(packages, kernel, work / "sim").rename(folder / "gpio-sim.ko")
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
    """Make a package archive in `folder`, with what only Raspberry Pi's own archive has, too."""
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
    for file in lgpio(packages, work / "lgpio"):
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
