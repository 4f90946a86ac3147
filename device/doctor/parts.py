"""Checks of what is wired to the board: camera, panel, buzzer, real-time clock."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from device.clock import ClockSource, SystemClock
from device.doctor.machine import Finding, Machine, fine, not_here, not_seen, note, problem
from device.errors import LiftLightError
from device.journal import JOURNAL_NAME, last_time_set
from device.language import N_, Told
from device.panel import pins
from device.settings import SETTINGS, load
from device.system import SERVICE, USER, Battery, Rtc, contradict, find_rtcs

if TYPE_CHECKING:
    from device.panel import NoHeaderError

SCARCE_BYTES = 16 * 2**20
"""Less free contiguous memory than this may not hold the camera's buffers."""

BOOT_FOLDER = "boot/firmware"

_PWM_OVERLAYS = {"pwm": {"pin": 18}, "pwm-2chan": {"pin": 18, "pin2": 19}}
"""The overlays that lead the PWM to pins: their parameters, and the pins used without them."""

_LINE_IN_USE = 1
"""The flag by which lgpio says that a program holds a line (linux/gpio.h)."""

_STALLED = (
    "journalctl", "--boot", "--quiet", "--output=cat", "--lines=1",
    "--grep=camera frontend has timed out", "_TRANSPORT=kernel", "+", f"_SYSTEMD_UNIT={SERVICE}",
)  # fmt: skip
"""Finds a stalled camera: libcamera reports it in LiftLight's log, its driver in the kernel's."""
_STALL = "LiftLight opens it anew; if it comes again, press its cable home, and see power and heat"

_RIBBON = "switch off, press the camera's ribbon cable home at both ends, switch on"


def camera(machine: Machine) -> Finding:
    """Check that picamera2 sees a camera that never stalled; at a desk a webcam will do."""
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:ERROR")
    try:
        cameras = machine.load("picamera2").Picamera2.global_camera_info()
    except ImportError as error:
        if not machine.is_pi:
            return _webcam(machine)
        return problem(f"no picamera2 ({error})", "sudo apt install python3-picamera2")
    except Exception as error:  # noqa: BLE001  (libcamera raises what it likes)
        cure = _RIBBON if not isinstance(error, ValueError) else "see numpy above"
        return problem(f"picamera2 fails ({error})", cure)
    if not cameras:
        return _no_camera(machine)
    name = str(cameras[0].get("Model", "there is one"))
    if machine.command(_STALLED):
        return note(f"{name}, but since the start it stopped giving pictures", _STALL)
    return _closed_to_us(machine) or fine(name)


def camera_memory(machine: Machine) -> Finding:
    """Check the kernel's contiguous memory, which the camera takes its buffers from."""
    total, free = machine.memory("CmaTotal"), machine.memory("CmaFree")
    if not total or free is None:
        if not machine.is_pi:
            return not_here("only a Pi sets some apart")
        return problem("none is set apart", "add cma=128M to the kernel's command line")
    says = f"{free // 2**20} of {total // 2**20} MB free"
    if free < SCARCE_BYTES:
        cure = "close other programs that use the camera or the screen; if it stays, set cma=256M"
        return note(says, cure)
    return fine(says)


def panel(machine: Machine) -> Finding:
    """Check the header's GPIO chip, its library, the right to use it, a folder for its files."""
    chips = sorted((machine.root / "dev").glob("gpiochip*"))
    if not machine.is_pi and not chips:
        return not_here("no GPIO: use --panel terminal")
    if not chips:
        return problem("the kernel shows no GPIO", "use Raspberry Pi OS's own kernel")
    try:
        lgpio = machine.load("lgpio")
    except ImportError as error:
        if not machine.is_pi:
            return not_here("GPIO, but no library for it: use --panel terminal")
        return problem(f"no lgpio ({error})", "sudo apt install python3-lgpio")
    if not any(machine.may(chip, os.R_OK | os.W_OK) for chip in chips):
        return _may_not(machine, "use GPIO", "gpio")
    return _lgpio_folder(machine) or _header(machine, lgpio, chips)


def buzzer(machine: Machine) -> Finding:
    """Check that the buzzer's pin has hardware PWM, and that the boot settings lead it there."""
    from device.panel import find_channel  # noqa: PLC0415  (`glance` must not wait for gpiozero)

    try:
        pin = load(machine.data / SETTINGS).pins.buzzer
    except LiftLightError:
        return not_here("its pin is not known: see settings")
    sysfs = machine.root / "sys/class/pwm"
    found = find_channel(pin, sysfs)
    if found is None:
        return _no_pwm(machine, pin)
    chip, channel = found
    if (led_to := _pwm_pins(machine)) is not None and pin not in led_to:
        return _mute(pin, led_to)
    try:
        machine.load("periphery")
    except ImportError as error:
        return problem(f"no library for its PWM ({error})", "sudo apt install python3-periphery")
    if not machine.may(sysfs / f"pwmchip{chip}/export", os.W_OK):
        return _may_not(machine, "use the PWM", "gpio")
    return fine(f"PWM chip {chip}, channel {channel}")


def _no_pwm(machine: Machine, pin: int) -> Finding:
    if not machine.is_pi:
        return not_here("no PWM")
    if machine.awaits_restart and pin in (_pwm_pins(machine) or ()):
        return fine(f"GPIO {pin} has hardware PWM from the next start on")
    return note(f"GPIO {pin} has no hardware PWM, so tones will warble", _lead_pwm_to(pin))


def _mute(pin: int, led_to: set[int]) -> Finding:
    where = " and ".join(f"GPIO {one}" for one in sorted(led_to)) or "no pin"
    says = f"mute: it is on GPIO {pin}, and the boot settings lead its PWM to {where}"
    return problem(says, _lead_pwm_to(pin))


def _lead_pwm_to(pin: int) -> str:
    return f"in a maintenance boot, add {pins.pwm_overlay(pin)} at the end of config.txt"


def _pwm_pins(machine: Machine) -> set[int] | None:
    """Return the GPIO numbers that the boot settings lead the PWM to; None without boot settings.

    The last overlay counts, because the firmware applies one after the other. A section for one
    model of the board is taken to hold for this one.
    """
    lines = list(_boot_lines(machine, "config.txt", 0))
    if not lines:
        return None
    pins: set[int] = set()
    for line in lines:
        name, *given = line.removeprefix("dtoverlay=").split(",")
        if line.startswith("dtoverlay=") and name in _PWM_OVERLAYS:
            chosen = dict(one.split("=", 1) for one in given if "=" in one)
            wanted = [chosen.get(key, str(pin)) for key, pin in _PWM_OVERLAYS[name].items()]
            pins = {int(pin) for pin in wanted if pin.isdecimal()}
    return pins


def _boot_lines(machine: Machine, name: str, depth: int) -> Iterator[str]:
    """Yield the lines of a file of boot settings, and of the files that it includes."""
    for line in (machine.text(f"{BOOT_FOLDER}/{name}") or "").splitlines():
        if line.startswith("include ") and depth < 8:
            yield from _boot_lines(machine, line.removeprefix("include ").strip(), depth + 1)
        else:
            yield line.strip()


def clock(machine: Machine) -> Finding:
    """Check that there is a real-time clock and that it kept its time."""
    try:
        setting = last_time_set(machine.data / JOURNAL_NAME)
    except LiftLightError:
        setting = None  # Why the journal cannot be read is said where it is looked at.
    used = SystemClock(setting, root=machine.root)
    if used.rtc is None and find_rtcs(machine.root):
        says = N_("the clock whose time somebody set does not answer, and no other is believed")
        return note(says, N_("push it home on its pins, or set the time with a stick"))
    if used.rtc is None:
        says = N_("no real-time clock: only time with the power on counts as rest")
        if not machine.is_pi:
            return not_here(says)
        if machine.awaits_restart:
            return not_here(N_("none yet; from the next start on a DS3231 is looked for"))
        return note(says, N_("fit a DS3231, or leave the device plugged in"))
    return _kept_its_time(machine, used, used.rtc)


def _kept_its_time(machine: Machine, used: SystemClock, rtc: Rtc) -> Finding:
    name = rtc.name or rtc.folder.name
    battery = rtc.battery()
    change = N_("change the clock's battery, then set the time with a stick")
    if battery is Battery.FAILED:
        return problem(Told("{clock}: its battery has failed", clock=name), change)
    if rtc.is_flat:
        says = Told("{clock}: no battery or a flat one, so a power cut loses the time", clock=name)
        cure = N_("plug the battery in beside the USB-C socket")
        if rtc.leaves_battery_uncharged:
            cure = N_(
                "plug the battery in beside the USB-C socket; a rechargeable one, and no other, "
                "also needs dtparam=rtc_bbat_vchg=3000000 at the end of config.txt"
            )
        return note(says, cure)
    if battery is Battery.LOW:
        return note(Told("{clock}: its battery is low", clock=name), change)
    machine.look_into_data()
    if used.reading().source is not ClockSource.RTC:
        says = Told("{clock}: it was never set, or has lost its time since", clock=name)
        if contradict(find_rtcs(machine.root)):
            says = Told("{clock} and another clock tell different times", clock=name)
        return note(says, N_("set the time with a stick; check its battery"))
    return fine(Told("{clock}, battery {state}", clock=name, state=battery.value))


def _no_camera(machine: Machine) -> Finding:
    if not machine.is_pi:
        return _webcam(machine)
    media = list((machine.root / "dev").glob("media*"))
    if machine.is_installed and media and not any(os.access(file, os.R_OK) for file in media):
        return not_seen("this user may not look for a camera")
    return _closed_to_us(machine) or problem("no camera answers", _RIBBON)


def _closed_to_us(machine: Machine) -> Finding | None:
    """Return a problem if LiftLight may not use the camera's device files; else None."""
    for files in ("media*", "dma_heap/*"):
        there = list((machine.root / "dev").glob(files))
        if there and not any(machine.may(file, os.R_OK | os.W_OK) for file in there):
            return _may_not(machine, f"use the camera (/dev/{files})", "video")
    return None


def _may_not(machine: Machine, what: str, group: str) -> Finding:
    """Return the problem that LiftLight has no right to a device, which belongs to `group`."""
    if machine.is_installed:
        return problem(f"the user {USER} may not {what}", "run the installer again, and restart")
    cure = f"sudo usermod -aG {group} $USER, then log in again"
    return problem(f"this user may not {what}", cure)


def _lgpio_folder(machine: Machine) -> Finding | None:
    """Return a problem if lgpio cannot write into its working folder; else None.

    It leaves a file there, and if it cannot it fails without saying why.
    """
    if machine.is_installed:
        unit = machine.unit(SERVICE)
        if not unit or "LG_WD=" in unit.get("Environment", ""):
            return None
        says = f"{SERVICE} does not say where lgpio may write (LG_WD)"
        return problem(says, "run the installer again")
    if os.access(machine.here, os.W_OK):
        return None
    cure = "start LiftLight where you may write, or set LG_WD to such a folder"
    return problem(f"lgpio cannot write to {machine.here}", cure)


def _header(machine: Machine, lgpio: Any, chips: Sequence[Path]) -> Finding:
    """Check the chip that the panel is wired to, and its lines; the other chips do not matter."""
    from device.panel import NoHeaderError, open_header  # noqa: PLC0415  (as in `buzzer`)

    try:
        header, handle = open_header(lgpio)
    except NoHeaderError as error:
        return _no_header(machine, chips, error)
    try:
        return _held_pins(machine, lgpio, header, handle) or fine(f"the header is {header}")
    finally:
        lgpio.gpiochip_close(handle)


def _no_header(machine: Machine, chips: Sequence[Path], error: NoHeaderError) -> Finding:
    """Say why no chip is the header's; a chip that cannot be opened may be, and is named."""
    if not (machine.is_pi or machine.is_installed):
        return not_here("no Raspberry Pi's GPIO: use --panel terminal")
    shut = [chip for chip in chips if chip.name not in error.labels]
    names = ", ".join(chip.name for chip in shut)
    if not all(machine.may(chip, os.R_OK | os.W_OK) for chip in shut):
        return _may_not(machine, f"open {names}", "gpio")
    if not all(os.access(chip, os.R_OK | os.W_OK) for chip in shut):
        return not_seen(f"this user may not open {names}")
    if shut:
        return problem(f"{names} cannot be opened", "switch off and on; `dmesg` says more")
    there = ", ".join(f"{name} is {label!r}" for name, label in error.labels.items())
    says = f"no GPIO chip is that of a Raspberry Pi's header: {there}"
    return problem(says, "use Raspberry Pi OS's own kernel")


def _held_pins(machine: Machine, lgpio: Any, header: str, handle: int) -> Finding | None:
    """Return a problem if another program holds pins of the panel; else None.

    While LiftLight runs it holds them itself.
    """
    from device.panel import GPIO_ERRORS  # noqa: PLC0415  (as in `buzzer`)

    if machine.is_running:
        return None
    try:
        pins = load(machine.data / SETTINGS).pins.fitted()
    except LiftLightError:
        return None
    try:
        lines = {name: lgpio.gpio_get_line_info(handle, pin) for name, pin in pins.items()}
    except GPIO_ERRORS as error:
        return problem(f"{header} does not answer: {error}", "switch off and on")
    held = [
        f"GPIO {pins[name]} ({name}) by {user or 'the kernel'}"
        for name, (_, _, flags, _, user) in lines.items()
        if flags & _LINE_IN_USE and name != "buzzer"
    ]
    if not held:
        return None
    cure = "stop that program, or move the setting in [pins] to another pin"
    return problem(f"held by another: {', '.join(held)}", cure)


def _webcam(machine: Machine) -> Finding:
    found = sorted(file.name for file in (machine.root / "dev").glob("video[0-9]*"))
    if not found:
        return not_here("no camera: use --camera subject, or a webcam")
    return fine(f"webcam: --camera v4l2:/dev/{found[0]}")
