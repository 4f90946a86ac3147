"""What the machine is: its board, its real-time clock, its service manager, its watchdog."""

from __future__ import annotations

from device.system.board import HOT_C, Board
from device.system.installation import ACTIVE, DATA, SERVICE, USER, default_data, own_data
from device.system.rtc import EARLIEST, Battery, Rtc, contradict, find_rtc, find_rtcs, is_plausible
from device.system.service import (
    RUN_FOLDER,
    Stage,
    ask_for_power_off,
    note_end,
    note_running,
    note_start,
    run_folder,
)
from device.system.watchdog import ROUNDS, Watchdog

__all__ = [
    "ACTIVE",
    "DATA",
    "EARLIEST",
    "HOT_C",
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
    "installation",
    "is_plausible",
    "note_end",
    "note_running",
    "note_start",
    "own_data",
    "run_folder",
]
