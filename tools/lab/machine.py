"""An emulated 64-bit ARM machine: switched on, spoken to, cut off.

There is no network. QEMU itself is driven by QMP, the system inside by qemu-guest-agent. An `exact`
machine counts its time by its own instructions, and skips to its next timer where it would do
nothing: its hours pass as fast as the host can do their work, and a busy host never makes it late.
Any other machine is run by the computer itself (KVM) where it can be, and emulated elsewhere.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import os
import platform
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tools.lab.steps import run

KVM = Path("/dev/kvm")
PROBE_S = 10.0
BOARD = "virt,gic-version=host,accel=kvm"
"""The board for KVM, with the computer's own interrupt controller: KVM has no other."""
EMULATED = ("-M", "virt", "-cpu", "cortex-a53", "-accel", "tcg,tb-size=256")
NATIVE = ("-M", BOARD, "-cpu", "host")

MEMORY_MB = 1024
EXACT = ("-smp", "1", "-icount", "shift=1,sleep=off")
"""An instruction takes two nanoseconds, about as long as on the slowest Pi's processor."""
FAST = ("-smp", "2")
SWITCHED_ON_AT = "2027-06-15T10:00:00"
"""What an exact machine's clock chip says at first, UTC, unless another time is given."""
REVISION = "c03114"
"""A Raspberry Pi 4, as gpiozero reads it from the device tree."""
BOOT_WITHIN_S = 1500.0
ANSWER_WITHIN_S = 900.0
PARTITION = "11ff11ff"
QUIET = (
    # With its kernel at a random place it would keep a page table apart from its programs', and an
    # emulated processor forgets all that it translated whenever it changes tables.
    "nokaslr",
    "loglevel=4", "systemd.show_status=0", "systemd.default_device_timeout_sec=900",
    "systemd.default_timeout_start_sec=900", "systemd.journald.forward_to_console=1",
    "systemd.journald.max_level_console=warning", "systemd.mask=ldconfig.service",
    "systemd.mask=serial-getty@ttyAMA0.service", "systemd.mask=getty@tty1.service",
    "systemd.mask=apt-daily.timer", "systemd.mask=apt-daily-upgrade.timer",
    "systemd.mask=dpkg-db-backup.timer", "systemd.mask=e2scrub_reap.service",
    "systemd.mask=e2scrub_all.timer", "systemd.mask=systemd-binfmt.service",
    "systemd.mask=proc-sys-fs-binfmt_misc.automount",
)  # fmt: skip


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


class MachineError(Exception):
    """The machine, or a command in it, did not do what it was told; the message shows the end."""


@dataclass(frozen=True, slots=True)
class System:
    """What a machine starts from: its disk, kernel and first root file system."""

    disk: Path
    kernel: Path
    initrd: Path


class Machine:
    """One machine, switched on when it is made. Its files are in `folder`.

    `disk` is QEMU's description of its disk (see `installed.front`), `more` of what else it has; it
    goes on from the moment that was saved on that disk as `moment`, if one is named.
    """

    def __init__(
        self,
        system: System,
        folder: Path,
        disk: Sequence[str],
        *,
        more: Sequence[str] = (),
        exact: bool = False,
        moment: str | None = None,
        switched_on_at: str = SWITCHED_ON_AT,
    ) -> None:
        self.folder = folder
        hardware = [
            *((*EMULATED, *EXACT) if exact else (*fastest(), *FAST)),
            *("-m", str(MEMORY_MB), "-nodefaults", "-display", "none"),
        ]
        clock = ("-rtc", f"base={switched_on_at},clock=vm") if exact else ()
        start = ("-loadvm", moment) if moment else ()
        line = f"console=ttyAMA0 root=PARTUUID={PARTITION}-02 rootfstype=ext4 rootwait"
        self._log = (folder / "qemu.log").open("wb")
        self._process = subprocess.Popen(
            [
                # Stories that happen in this computer's own time go first.
                *("nice", "-n", "15"),
                "qemu-system-aarch64",
                *hardware,
                *("-dtb", str(_device_tree(hardware, folder))),
                *("-kernel", system.kernel, "-initrd", system.initrd),
                *("-append", " ".join((line, *QUIET))),
                *disk,
                *("-device", "virtio-blk-pci,drive=disk"),
                *more,
                *("-serial", f"file:{folder / 'serial.log'}"),
                *("-qmp", f"unix:{folder / 'qmp'},server=on,wait=off"),
                *("-chardev", f"socket,id=agent,path={folder / 'agent'},server=on,wait=off"),
                *("-device", "virtio-serial-pci"),
                *("-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"),
                *("-device", "virtio-rng-pci"),
                *("-device", "qemu-xhci,id=usb"),
                # Switched off, it stays as it is until somebody has seen so.
                "-no-shutdown",
                *clock,
                *start,
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._lines: list[_Line] = []
        try:
            self._qmp = self._connected("qmp")
            self._qmp.receive(ANSWER_WITHIN_S)
            self.qmp("qmp_capabilities")
            self._agent = self._connected("agent")
        except BaseException:
            self.cut()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.cut()

    def cut(self) -> None:
        """Pull the plug."""
        self._process.kill()
        self._process.wait(60.0)
        for line in self._lines:
            line.close()
        self._log.close()

    def _connected(self, name: str) -> _Line:
        self._lines.append(_Line(self.folder / name))
        return self._lines[-1]

    def qmp(self, command: str, **arguments: Any) -> Any:
        """Tell QEMU something; return its answer. Raises MachineError if it refuses."""
        return self._ask(self._qmp, command, arguments)

    def save(self, moment: str) -> None:
        """Keep the machine as it is now, memory and disk, under a name."""
        self._monitor(f"savevm {moment}")

    def load(self, moment: str) -> None:
        """Go back to a moment that was saved, and on from there."""
        if self.off():
            self.qmp("system_reset")
            while self.off():
                time.sleep(0.05)
        self._monitor(f"loadvm {moment}")
        self.qmp("cont")
        self.wait_for_agent()

    def pause(self) -> None:
        """Let its time stand still until `load`: an exact machine idles as fast as it can."""
        self.qmp("stop")

    def restart(self) -> None:
        """Let the system inside shut down and start again, and wait until it answers."""
        boot = self.sh("cat /proc/sys/kernel/random/boot_id")
        self.sh("systemctl --no-block reboot")
        end = time.monotonic() + BOOT_WITHIN_S
        while time.monotonic() < end:
            self.wait_for_agent()
            with contextlib.suppress(MachineError, TimeoutError):
                if self.sh("cat /proc/sys/kernel/random/boot_id", seconds=60.0) != boot:
                    return
            time.sleep(1.0)
        raise MachineError(f"it did not start again; it said:\n{self.serial()[-2000:]}")

    def off(self) -> bool:
        """Whether it was switched off from inside."""
        return bool(self.qmp("query-status")["status"] == "shutdown")

    def switch_off(self) -> None:
        """Let the system inside shut down, and wait until it has."""
        self.sh("sync; systemctl --no-block poweroff")
        self.wait_until_off()

    def wait_until_off(self) -> None:
        """Wait until the system inside has switched the machine off."""
        end = time.monotonic() + BOOT_WITHIN_S
        while not self.off():
            if time.monotonic() > end:
                raise MachineError(f"it is still on; it said:\n{self.serial()[-2000:]}")
            time.sleep(0.1)

    def _monitor(self, command: str) -> None:
        """Tell QEMU something that only its monitor for people knows."""
        if said := self.qmp("human-monitor-command", **{"command-line": command}):
            raise MachineError(f"{command}: {said}")

    def wait_for_agent(self) -> None:
        """Wait until the system inside answers."""
        end = time.monotonic() + BOOT_WITHIN_S
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise MachineError(f"QEMU ended: {(self.folder / 'qemu.log').read_text()}")
            number = int.from_bytes(os.urandom(3))
            # Seldom: until somebody reads them, questions fill the line.
            with contextlib.suppress(TimeoutError):
                self._agent.send({"execute": "guest-sync", "arguments": {"id": number}})
                while self._agent.receive(20.0).get("return") != number:
                    pass
                return
        raise MachineError(f"the system does not answer; it said:\n{self.serial()[-2000:]}")

    def serial(self) -> str:
        """All that the machine wrote to its console."""
        return (self.folder / "serial.log").read_text(errors="replace")

    def sh(self, script: str, *, seconds: float = ANSWER_WITHIN_S) -> str:
        """Run a shell script in the machine; return what it printed.

        Raises MachineError if it fails.
        """
        started = self._tell_agent(
            "guest-exec",
            {"path": "/bin/bash", "arg": ["-c", script], "capture-output": True},
            seconds,
        )
        end = time.monotonic() + seconds
        while True:
            state = self._tell_agent("guest-exec-status", {"pid": started["pid"]}, seconds)
            if state["exited"]:
                break
            if time.monotonic() > end:
                raise MachineError(f"this did not end within {seconds:.0f} s:\n{script}")
            time.sleep(0.05)
        out, err = (
            base64.b64decode(state.get(name, "")).decode(errors="replace")
            for name in ("out-data", "err-data")
        )
        if state.get("exitcode") != 0:
            raise MachineError(f"{script}\nended with {state}\n{out}\n{err}")
        return out

    def _tell_agent(self, command: str, arguments: dict[str, Any], seconds: float) -> Any:
        return self._ask(self._agent, command, arguments, seconds)

    def _ask(
        self,
        line: _Line,
        command: str,
        arguments: dict[str, Any],
        seconds: float = ANSWER_WITHIN_S,
    ) -> Any:
        line.send({"execute": command, "arguments": arguments})
        while True:
            answer = line.receive(seconds)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise MachineError(f"{command}: {answer['error'].get('desc')}")


class _Line:
    """Messages in JSON, one a line, over a Unix socket that QEMU opens."""

    def __init__(self, path: Path) -> None:
        end = time.monotonic() + 60.0
        while True:
            self._socket = socket.socket(socket.AF_UNIX)
            try:
                self._socket.connect(str(path))
                break
            except OSError:
                self._socket.close()
                if time.monotonic() > end:
                    raise MachineError(f"QEMU did not open {path}: see qemu.log there") from None
                time.sleep(0.05)
        self._held = b""

    def close(self) -> None:
        self._socket.close()

    def send(self, message: dict[str, Any]) -> None:
        self._socket.sendall(json.dumps(message).encode() + b"\n")

    def receive(self, seconds: float) -> dict[str, Any]:
        self._socket.settimeout(seconds)
        while b"\n" not in self._held:
            piece = self._socket.recv(65536)
            if not piece:
                raise MachineError("QEMU hung up")
            self._held += piece
        line, self._held = self._held.split(b"\n", 1)
        message: dict[str, Any] = json.loads(line.lstrip(b"\xff"))
        return message


def _device_tree(hardware: Sequence[str], folder: Path) -> Path:
    """The machine's own device tree, with a Pi's revision, and without GPIO of its own."""
    tree = folder / "machine.dtb"
    dump = list(hardware)
    dump[1] += f",dumpdtb={tree}"
    subprocess.run(["qemu-system-aarch64", *dump], check=True, capture_output=True)
    run("fdtput", "-c", tree, "/system")
    run("fdtput", "-t", "x", tree, "/system", "linux,revision", REVISION)
    for node in ("/gpio-keys", "/pl061@9030000"):
        run("fdtput", "-r", tree, node)
    return tree
