"""What LiftLight runs on: the board, its real-time clock, and systemd."""

from __future__ import annotations

from device.system.board import HOT_C, Board
from device.system.rtc import Battery, Rtc, contradict, find_rtc, find_rtcs, is_plausible
from device.system.service import (
    ACTIVE,
    DATA,
    MAINTENANCE,
    NO_DATA_SERVICE,
    ROUNDS,
    RUN_FOLDER,
    SERVICE,
    USER,
    Stage,
    Watchdog,
    ask_for_power_off,
    default_data,
    is_installed,
    note_end,
    note_running,
    note_start,
    own_data,
    run_folder,
)

__all__ = [
    "ACTIVE",
    "DATA",
    "HOT_C",
    "MAINTENANCE",
    "NO_DATA_SERVICE",
    "ROUNDS",
    "RUN_FOLDER",
    "SERVICE",
    "USER",
    "Battery",
    "Board",
    "Rtc",
    "Stage",
    "Watchdog",
    "ask_for_power_off",
    "contradict",
    "default_data",
    "find_rtc",
    "find_rtcs",
    "is_installed",
    "is_plausible",
    "note_end",
    "note_running",
    "note_start",
    "own_data",
    "run_folder",
]
