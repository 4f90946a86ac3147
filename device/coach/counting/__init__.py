"""Counting: lift samples go in, repetitions and refusals come out."""

from __future__ import annotations

from device.coach.counting.calibration import CalibrationError
from device.coach.counting.counter import RepetitionCounter
from device.coach.counting.phases import Phase

__all__ = [
    "CalibrationError",
    "Phase",
    "RepetitionCounter",
    "calibration",
    "counter",
    "measure",
    "phases",
    "verdict",
]
