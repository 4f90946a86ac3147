"""`python -m tools.lock`: the lock files, every package by version and hash.

With them an install next year gives the same as one today. Resolves pyproject.toml anew with uv (in
an environment of its own) and rewrites `requirements-3.*.lock`, one a Python at the desk,
`requirements-scale-3.*.lock`, the same with the optional extra `scale`, and in firmware_config/ one
a release of Raspberry Pi OS, for what goes on top of the system's own packages there, and one for
what builds the wheel. Read the difference before committing it.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.environment import ROOT, argument_parser

FIRMWARE = ROOT / "firmware_config"
UV = "uv==0.13.9"
PYTHONS = ("3.11", "3.12", "3.13")


@dataclass(frozen=True, slots=True)
class System:
    """A release of Raspberry Pi OS: its Python, and what comes from apt there.

    `packages` are PyPI's names for it with the versions that apt has. What is locked must get
    along with those versions and never replaces them: apt's picamera2 is built against them.
    """

    name: str
    python: str
    packages: Mapping[str, str]


SYSTEMS = (
    System(
        "bookworm",
        "3.11",
        {
            "numpy": "1.24.2",
            "opencv-python-headless": "4.6.0.66",
            "gpiozero": "2.0.1",
            "colorzero": "2.0",
            "setuptools": "66.1.1",
            "jinja2": "3.1.2",
            "markupsafe": "2.1.2",
        },
    ),
    System(
        "trixie",
        "3.13",
        {
            "numpy": "2.2.4",
            "opencv-python-headless": "4.10.0.84",
            "gpiozero": "2.0.1",
            "colorzero": "2.0",
            "setuptools": "78.1.1",
            "jinja2": "3.1.6",
            "markupsafe": "2.1.5",
        },
    ),
)

# pip takes each platform it is given literally; Bookworm's glibc is 2.36.
AARCH64 = [*(f"manylinux_2_{minor}_aarch64" for minor in range(17, 37)), "manylinux2014_aarch64"]


def main() -> int:
    """Rewrite every lock file; return the exit code."""
    argument_parser("tools.lock", __doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tools = Path(folder)
        venv.create(tools, with_pip=True)
        subprocess.run([tools / "bin/pip", "install", "--quiet", UV], check=True)
        for python in PYTHONS:
            target = ROOT / f"requirements-{python}.lock"
            print(f"{target.name} ...")
            _resolve(tools, target, python, "--generate-hashes", "--extra", "desk")
            _lock_scale(tools, python, target)
        for system in SYSTEMS:
            target = FIRMWARE / f"requirements-{system.name}.lock"
            print(f"{target.name} ...")
            target.write_text(_device_lock(tools, system), encoding="utf-8")
        _lock_build(tools, FIRMWARE / "requirements-build.lock")
    return 0


def _lock_scale(tools: Path, python: str, desk: Path) -> None:
    """Lock the desk with the extra `scale`; what both need is what the desk has."""
    target = ROOT / f"requirements-scale-{python}.lock"
    print(f"{target.name} ...")
    _resolve(
        tools, target, python, "--generate-hashes", "--extra", "desk", "--extra", "scale",
        "--constraint", str(desk),
    )  # fmt: skip


def _lock_build(tools: Path, target: Path) -> None:
    """Lock what builds the wheel on the device; none of it stays there."""
    print(f"{target.name} ...")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needs = tools / "build.in"
    needs.write_text("\n".join(project["build-system"]["requires"]), encoding="utf-8")
    _resolve(tools, target, PYTHONS[0], "--generate-hashes", "--no-annotate", source=needs)


def _device_lock(tools: Path, system: System) -> str:
    """Return the lock of what the device needs from PyPI: one aarch64 wheel a package."""
    constraints, versions = tools / "system.txt", tools / "versions.txt"
    lines = (f"{name}=={version}\n" for name, version in system.packages.items())
    constraints.write_text("".join(lines), encoding="utf-8")
    _resolve(
        tools, versions, system.python,
        "--constraint", str(constraints), "--python-platform", "aarch64-manylinux_2_36",
        "--no-annotate", *(f"--no-emit-package={name}" for name in system.packages),
    )  # fmt: skip
    wheels = tools / system.name
    command = [
        f"{tools}/bin/pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
        "--implementation", "cp", "--python-version", system.python,
        *(f"--platform={platform}" for platform in AARCH64),
        "--dest", str(wheels), "--requirement", str(versions),
    ]  # fmt: skip
    subprocess.run(command, check=True)
    hashes = {
        _normal(wheel.name.split("-")[0]): hashlib.sha256(wheel.read_bytes()).hexdigest()
        for wheel in wheels.glob("*.whl")
    }
    pins = versions.read_text(encoding="utf-8").split()
    return "".join(f"{pin} \\\n    --hash=sha256:{hashes[pin.split('==')[0]]}\n" for pin in pins)


def _resolve(
    tools: Path, target: Path, python: str, *options: str, source: Path = Path("pyproject.toml")
) -> None:
    """Write the versions to `target` that satisfy `source` on this Python."""
    command = [
        f"{tools}/bin/uv", "pip", "compile", "--quiet", "--upgrade", "--no-header",
        "--no-emit-index-url", "--python-version", python, *options,
        "--output-file", str(target), str(source),
    ]  # fmt: skip
    subprocess.run(command, cwd=ROOT, check=True)


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


if __name__ == "__main__":
    sys.exit(main())
