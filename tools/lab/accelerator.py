"""Whether this computer runs 64-bit ARM by itself (KVM), or has to emulate it."""

from __future__ import annotations

import functools
import os
import platform
import subprocess
import sys
from pathlib import Path

KVM = Path("/dev/kvm")
PROBE_S = 10.0
BOARD = "virt,gic-version=host,accel=kvm"
"""With the computer's own interrupt controller: KVM has no other."""
EMULATED = ("-M", "virt", "-cpu", "cortex-a53", "-accel", "tcg,tb-size=256")
NATIVE = ("-M", BOARD, "-cpu", "host")


@functools.cache
def fastest() -> tuple[str, ...]:
    """Return QEMU's options for the fastest machine there is here, and say which it is."""
    problem = why_no_kvm()
    sys.stderr.write(f"lab: emulating, for {problem}\n" if problem else "lab: KVM runs it\n")
    return EMULATED if problem else NATIVE


def why_no_kvm() -> str | None:
    """Return why KVM is of no use here, None if it works.

    QEMU is asked to make a machine with it: the device file may be there and lead nowhere.
    """
    if platform.machine() != "aarch64":
        return f"this computer is {platform.machine()}, and KVM runs only its own kind"
    if not os.access(KVM, os.R_OK | os.W_OK):
        return f"{KVM} is not there, or not ours"
    try:
        subprocess.run(
            ["qemu-system-aarch64", *NATIVE, "-nodefaults", "-display", "none", "-S",
             "-qmp", "stdio"],
            input='{"execute": "qmp_capabilities"}\n{"execute": "quit"}\n',
            check=True, capture_output=True, text=True, timeout=PROBE_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"KVM does not answer within {PROBE_S:.0f} s"
    except subprocess.CalledProcessError as error:
        return f"QEMU says: {error.stderr.strip().splitlines()[-1]}"
    return None
