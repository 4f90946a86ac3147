"""The supply voltage and the temperature of the board, as the kernel shows them under /sys."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from device.system.sysfs import number_of, text_of

HOT_C = 80.0
"""Degrees Celsius from which a Pi slows its processor down, so that frames come late."""


@dataclass(frozen=True, slots=True)
class Board:
    """The board that LiftLight runs on.

        board = Board()
        if board.voltage_is_low():
            print("use the official supply")

    `root` is the machine's root folder; a test gives one that holds only a few files.
    """

    root: Path = Path("/")

    def voltage_is_low(self) -> bool | None:
        """Return whether the supply voltage is too low now; None if the board cannot tell.

        The kernel asks the firmware every few seconds and keeps its answer in a file.
        """
        alarms = [
            number_of(folder / "in0_lcrit_alarm")
            for folder in (self.root / "sys/class/hwmon").glob("hwmon*")
            if text_of(folder / "name") == "rpi_volt"
        ]
        told = [alarm for alarm in alarms if alarm is not None]
        return any(told) if told else None

    def celsius(self) -> float | None:
        """Return the temperature of the processor; None without a thermometer."""
        millidegrees = number_of(self.root / "sys/class/thermal/thermal_zone0/temp")
        return None if millidegrees is None else millidegrees / 1000
