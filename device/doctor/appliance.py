"""Checks of what the installer made of the machine: its service, its root, its outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from device.doctor.machine import Finding, Machine, fine, not_here, not_seen, note, problem
from device.system import ACTIVE, DATA, SERVICE

_DEVICES = ("gpiochip", "video4linux", "media", "dma_heap")
"""The kinds of devices, as the sandbox names them, that the camera and the panel are."""
_PWM = "/sys/devices/platform"

_AGAIN = "run the installer again in a maintenance boot, then restart"
_NOT_INSTALLED = "LiftLight is started by hand here"


def service(machine: Machine) -> Finding:
    """Check that the service starts at each boot, and that its sandbox leaves it what it needs."""
    if not machine.is_installed:
        return not_here(_NOT_INSTALLED)
    unit = machine.unit(SERVICE)
    if not unit:
        return not_seen("systemd does not answer")
    if hidden := list(_hidden(unit)):
        cure = f"`systemctl cat {SERVICE}` shows which file says so: take it out there"
        return problem(f"its sandbox is too tight: {'; '.join(hidden)}", cure)
    return _starts(machine, unit) or fine("starts by itself, and may use what it needs")


def root(machine: Machine) -> Finding:
    """Check that the root is under an overlay, so that pulling the plug cannot damage it."""
    mount = machine.mount_of(Path("/"))
    if not machine.is_installed or mount is None:
        return not_here("only a device has its root read-only")
    if mount.kind == "overlay":
        return fine("read-only; it forgets what is changed")
    if machine.is_for_maintenance:
        return fine("writable: this boot is for maintenance")
    if machine.awaits_restart:
        return fine("writable until the restart after the installation")
    says = "it is writable, so a pulled plug may damage it"
    return problem(says, f"config.txt must say auto_initramfs=1; {_AGAIN}")


def outputs(machine: Machine) -> Finding:
    """Check that lights and buzzer go off when the program that drove them dies."""
    unit = machine.unit(SERVICE)
    if unit and "panel-off" not in unit.get("ExecStopPost", ""):
        return problem("lights stay lit after LiftLight dies: panel-off is not called", _AGAIN)
    if unit and "liftlight-panel-off.service" not in unit.get("Wants", ""):
        return problem("lights that a reset left lit stay so: panel-off is not called", _AGAIN)
    persist = _pins_persist(machine)
    if persist:
        if machine.awaits_restart:
            return fine("pins let go from the next start on")
        says = "a pin stays driven when its program dies"
        return note(says, "add dtparam=strict_gpiod to config.txt, and restart")
    if not unit and persist is None:
        return not_here(_NOT_INSTALLED)
    return fine("dark and silent after every end")


def _pins_persist(machine: Machine) -> bool | None:
    """Whether a pin stays as it is after its program ends; None if no driver can tell.

    The kernel has drivers for other boards too; only a driver that has pins here is asked.
    """
    drivers = (machine.root / "sys/bus/platform/drivers").glob("pinctrl-*/*.gpio")
    names = {link.parent.name.replace("-", "_") for link in drivers}
    files = (f"sys/module/{name}/parameters/persist_gpio_outputs" for name in names)
    told = [text for file in files if (text := machine.text(file)) is not None]
    return "Y" in told if told else None


def _starts(machine: Machine, unit: Mapping[str, str]) -> Finding | None:
    """Return a problem if something keeps the service from running after each boot; else None."""
    if unit.get("LoadState") != "loaded":
        return problem(f"systemd cannot load it ({unit.get('LoadState')})", _AGAIN)
    again = "run the installer again, in a maintenance boot if root is read-only"
    if unit.get("UnitFileState") != "enabled":
        return problem("it does not start by itself", again)
    if not (machine.root / ACTIVE).exists():
        return problem("the installation did not come to its end", again)
    # A single restart is no trouble: the watchdog did its work.
    if unit.get("SubState", "").startswith("auto-restart") and int(unit.get("NRestarts", "0")) > 1:
        cure = f"see faults; `sudo journalctl -u {SERVICE} -n 20` says why"
        return problem("it ends soon after each start", cure)
    return None


def _hidden(unit: Mapping[str, str]) -> Iterator[str]:
    """Yield what the sandbox hides that LiftLight needs, with drop-ins, in systemd's words."""
    if unit.get("ProcSubset", "all") != "all":
        yield "ProcSubset hides the board's revision"
    if unit.get("PrivateDevices") == "yes":
        yield "PrivateDevices hides camera and GPIO"
    elif unit.get("DevicePolicy", "auto") != "auto":
        allowed = unit.get("DeviceAllow", "")
        missing = [name for name in _DEVICES if f"char-{name} " not in allowed]
        if missing:
            yield f"DeviceAllow leaves out {', '.join(missing)}"
    writable = unit.get("ReadWritePaths", "")
    if unit.get("ProtectSystem") == "strict" and str(DATA) not in writable:
        yield f"ReadWritePaths leaves out {DATA}"
    if unit.get("ProtectKernelTunables") == "yes" and _PWM not in writable:
        yield "ReadWritePaths leaves out the buzzer's PWM"
