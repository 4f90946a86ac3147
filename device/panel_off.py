"""`liftlight panel-off`: make the panel dark and silent, whatever the settings now say.

A process that is killed leaves its pins as they were, and by the time this command runs the
settings may be damaged or name other pins. So whatever drives pins first leaves a note of them in
the run folder.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from device.errors import CallerError, LiftLightError
from device.files import whole_file
from device.panel import Pins, panel_off
from device.settings import SETTINGS, load
from device.system import run_folder

KEPT = "pins.toml"


def keep_pins(pins: Pins, folder: Path) -> None:
    """Leave a note in the run folder of the `pins` that are about to be driven."""
    table = "".join(f"{name} = {pin}\n" for name, pin in pins.fitted().items())
    # Without the note the panel is still switched off by the settings.
    with suppress(OSError, LiftLightError), whole_file(folder / KEPT) as partial:
        partial.write_text(f"[pins]\n{table}", encoding="utf-8")


def panel_off_command(data: Path) -> int:
    """Switch off the pins of the settings in `data`, and those that were driven last.

    Raises CallerError if the settings cannot be used, and PanelError for what could not be
    switched off; both only once everything else is off.
    """
    kept = kept_pins()
    try:
        pins = load(data / SETTINGS).pins
    except CallerError:
        panel_off(kept or Pins())
        raise
    panel_off(*{pins, kept or pins})
    return 0


def kept_pins() -> Pins | None:
    """Return the pins that were driven last in this boot; None if there is no note of them."""
    folder = run_folder()
    if folder is None or not (note := folder / KEPT).exists():
        return None
    with suppress(CallerError):
        return load(note).pins
    return None
