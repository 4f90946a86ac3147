"""A Debian 13 root with libcamera's virtual camera, and a session in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.environment import ROOT
from tools.lab.debian import SUITE, mirror
from tools.lab.needs import need
from tools.lab.steps import run, step

HERE = Path(__file__).parent
PACKAGES = (
    "python3", "python3-numpy", "python3-opencv", "python3-pil", "python3-libcamera",
    "libcamera-ipa",
)  # fmt: skip
INSIDE = "opt/lab"
CAMERA = """\
%YAML 1.1
---
"Virtual0":
  supported_formats:
  - width: 640
    height: 480
    frame_rates:
    - 30
  frames:
    path: "/opt/lab/frames"
    scale_mode: "fill"
  location: "CameraLocationFront"
  model: "Virtual Video Device"
...
"""


def camera_root() -> Path:
    """Return the root file system, made if need be. Raises NeedError, and says why."""
    need(["mmdebstrap"], root=True)
    return step("camera", [Path(__file__), HERE / "requirements.txt"], _make) / "root"


def session_in_root(frames: Path, data: Path) -> str:
    """Do a session with the pictures in `frames` for a camera; return what was said of it.

    The journal is left in `data`. Raises CalledProcessError if the session failed.
    """
    inside = camera_root() / INSIDE
    mounts = [(ROOT, "checkout"), (frames, "frames"), (data, "data"), (Path("/proc"), "../../proc")]
    mounted: list[Path] = []
    try:
        for outside, name in mounts:
            target = (inside / name).resolve()
            target.mkdir(parents=True, exist_ok=True)
            run("mount", "--bind", outside, target)
            mounted.append(target)
        done = subprocess.run(
            ["chroot", inside.parent.parent, "env", "-i", "PATH=/usr/bin", "HOME=/",
             "PYTHONPATH=/opt/lab/checkout:/opt/lab/packages",
             f"PYTHONPYCACHEPREFIX=/{INSIDE}/bytecode",
             "sh", "-c", "cd / && exec python3 -m tools.lab.virtual_camera.session /opt/lab/data"],
            check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    finally:
        for target in reversed(mounted):
            run("umount", target)
    if done.returncode != 0:
        raise subprocess.CalledProcessError(done.returncode, "session", done.stdout)
    return done.stdout


def _make(folder: Path) -> None:
    root = folder / "root"
    subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=apt", '--aptopt=APT::Install-Recommends "false"',
         "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*",
         # Most of what is there is never imported.
         "--dpkgopt=path-exclude=/usr/bin/py3compile",
         f"--include={','.join(PACKAGES)}", SUITE, root, mirror()],
        check=True,
    )  # fmt: skip
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    wheels = ["--only-binary", ":all:", "--implementation", "cp", "--python-version", "3.13"]
    for glibc in ("2_17", "2_27", "2_28", "2_34"):
        wheels += ["--platform", f"manylinux_{glibc}_x86_64"]
    wheels += ["--platform", "manylinux2014_x86_64", "--platform", "any"]
    run(*pip, "--no-deps", *wheels, "--target", root / INSIDE / "packages",
        "--requirement", HERE / "requirements.txt")  # fmt: skip
    config = root / "usr/share/libcamera/pipeline/virtual/virtual.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(CAMERA)
