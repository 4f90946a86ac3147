"""Make a root file system of Debian packages for the other processor.

Emulated it would take long. So packages are unpacked, and Python compiled to bytecode, by programs
built for this machine; and while the packages set themselves up, their scripts' own tools are lent
from Debian's packages for this machine too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tools.environment import ToolError
from tools.lab.debian import DRIVERS, INITRAMFS, PACKAGES, PYTHON, archive
from tools.lab.steps import run

ESSENTIAL = "?and(?essential,?architecture(arm64))"
FIRST = (
    "base-files", "base-passwd", "bash", "coreutils", "dash", "debconf", "debianutils", "diffutils",
    "dpkg", "findutils", "gcc-14-base", "grep", "libacl1", "libattr1", "libbz2-1.0", "libc-bin",
    "libc6", "libcap2", "libcrypt1", "libgcc-s1", "libgmp10", "liblzma5", "libmd0", "libpcre2-8-0",
    "libselinux1", "libssl3t64", "libsystemd0", "libtinfo6", "libzstd1", "mawk", "perl-base", "sed",
    "tar", "util-linux", "zlib1g",
)  # fmt: skip
"""What packages' scripts need before they themselves are there."""
COMPILER = f"usr/lib/python{PYTHON}/py_compile.py"
LENT = (
    "bash", "coreutils", "dash", "debianutils", "findutils", "grep", "mawk", "perl-base",
    "sed", "tar", "zstd",
)  # fmt: skip
"""Tools of the packages' scripts; none of them goes into the initramfs."""
NEEDS = (
    "libacl1", "libattr1", "libbz2-1.0", "libc6", "libcap2", "libcrypt1", "libgcc-s1", "libgmp10",
    "liblz4-1", "liblzma5", "libmd0", "libpcre2-8-0", "libselinux1", "libssl3t64", "libstdc++6",
    "libsystemd0", "libtinfo6", "libxxhash0", "libzstd1", "zlib1g", "libexpat1",
    f"python{PYTHON}-minimal", f"libpython{PYTHON}-minimal", f"libpython{PYTHON}-stdlib",
)  # fmt: skip
"""What those need, and Python."""
CERTIFICATE = "usr/share/ca-certificates/mozilla/ISRG_Root_X1.crt"
"""pip wants to know some, even where it asks no network; it reads all that there are."""
NATIVE = "usr/lib/x86_64-linux-gnu"


def bootstrap(root: Path) -> None:
    """Make a root file system with `PACKAGES` in `root`, and only the drivers that it needs."""
    with archive() as packages, tempfile.TemporaryDirectory(prefix="lab-") as scratch:
        _lay_out(root)
        debs = Path(scratch) / "debs"
        packages.download_for(root, debs, [ESSENTIAL, "apt", *PACKAGES])
        _unpack(root, sorted(debs.glob("*.deb")))
        native = Path(scratch) / "native"
        wanted = [f"{name}:amd64" for name in (*LENT, *NEEDS)]
        for deb in packages.download(Path(scratch) / "lent", wanted):
            run("dpkg-deb", "-x", deb, native)
        _configure(root, native)
        _compile(root, native)


def _lay_out(root: Path) -> None:
    for name in ("dpkg/info", "dpkg/updates", "dpkg/triggers"):
        (root / "var/lib" / name).mkdir(parents=True)
    for name in ("bin", "sbin", "lib"):
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    (root / "var/lib/dpkg/status").touch()
    config = root / "etc/initramfs-tools"
    (config / "conf.d").mkdir(parents=True)
    (config / "conf.d/lab").write_text("MODULES=list\nCOMPRESSLEVEL=1\n")
    (config / "modules").write_text("\n".join((*INITRAMFS, "")))
    (root / "etc/machine-id").touch()


def _unpack(root: Path, debs: list[Path]) -> None:
    kernel = "/usr/lib/modules/*/kernel"
    left_out = [
        *(f"/usr/share/{name}/*" for name in ("man", "doc", "locale", "i18n")),
        *(f"{kernel}/{name}/*" for name in ("drivers", "sound", "net")),
        "/usr/bin/py3compile",
        # Not the folder itself: dpkg would have nowhere to put the one that is wanted.
        "/usr/share/ca-certificates/mozilla/*",
        # Names for people; the device's rules ask for none of them.
        "/usr/lib/udev/hwdb.d/*",
    ]
    for deb in debs:
        if deb.name.split("_")[0] in FIRST:
            run("dpkg-deb", "-x", deb, root)
    for name in ("passwd", "group"):
        shutil.copyfile(root / f"usr/share/base-passwd/{name}.master", root / "etc" / name)
    (root / "usr/bin/awk").symlink_to("mawk")
    _quietly(
        [
            *("dpkg", f"--root={root}", "--force-architecture", "--force-depends"),
            *("--force-unsafe-io", "--unpack"),
            *(f"--path-exclude={path}" for path in left_out),
            *(f"--path-include={kernel}/drivers/{name}/*" for name in DRIVERS),
            f"--path-include=/{CERTIFICATE}",
            *debs,
        ]
    )


def _configure(root: Path, native: Path) -> None:
    """Let the packages set themselves up; what is lent to them is gone afterwards."""
    compiler, nothing = root / COMPILER, root / "usr/sbin/policy-rc.d"
    real = compiler.read_bytes()
    compiler.write_bytes(b"")
    nothing.write_text("#!/bin/sh\nexit 101\n")
    nothing.chmod(0o755)
    places = (root / NATIVE, root / "lib64")
    lend = [f"mount --bind {native / NATIVE} {places[0]}"]
    lend += [f"mount --bind {native / NATIVE} {places[1]}"]
    for place in places:
        place.mkdir()
    for tool in sorted((native / "usr/bin").iterdir()):
        theirs = root / "usr/bin" / tool.name
        if theirs.is_file() and not theirs.is_symlink() and not tool.is_symlink():
            lend.append(f"mount --bind {tool} {theirs}")
    inside = (
        *(f"mount -t proc proc {root}/proc", f"mount -t sysfs sys {root}/sys"),
        *(f"mount --bind /dev {root}/dev", *lend),
        # The kernel would make its initramfs, and then a trigger the same again.
        f"INITRD=No chroot {root} dpkg --configure --pending",
        f"exec chroot {root} update-initramfs -c -k all",
    )
    _quietly(["unshare", "--mount", "sh", "-c", " && ".join(inside)])
    for place in places:
        place.rmdir()
    nothing.unlink()
    shutil.copyfile(root / CERTIFICATE, root / "etc/ssl/certs/ca-certificates.crt")
    compiler.write_bytes(real)


def _compile(root: Path, native: Path) -> None:
    """Compile Python's library by the same Python, built for this machine."""
    library = native / NATIVE
    subprocess.run(
        [
            *(library / "ld-linux-x86-64.so.2", "--library-path", library),
            *(native / f"usr/bin/python{PYTHON}", "-m", "compileall", "-q", "-s", root, "-p", "/"),
            *(root / "usr/lib" / name for name in (f"python{PYTHON}", "python3")),
        ],
        check=True,
        env={"PYTHONHOME": str(native / "usr"), "LC_ALL": "C.UTF-8"},
    )


def _quietly(command: list[str | Path]) -> None:
    """Run a command whose many lines matter only if it fails."""
    done = subprocess.run(
        command,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"},
    )
    if done.returncode != 0:
        last = "\n".join(done.stdout.splitlines()[-10:])
        raise ToolError(f"{command[0]} could not make the machine's packages:\n{last}")
