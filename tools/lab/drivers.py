"""What Debian has no package of: the kernel's GPIO simulator, and lgpio for its Python.

Both are compiled on this machine for the other; emulated it would take minutes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.lab.archive import Archive
from tools.lab.debian import PYTHON
from tools.lab.logged_disk import run

LGPIO = "lgpio==0.2.2.0"
HOST_LIBC = "x86_64-linux-gnu"
SIM = "drivers/gpio/gpio-sim.c"
IRQ = "kernel/irq/irq_sim.c"


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
