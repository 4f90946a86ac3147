"""What is wrong with this machine, and the cure: `liftlight doctor`, with and without `--panel`."""

from __future__ import annotations

from device.doctor.checkup import doctor
from device.doctor.panel_tour import tour

__all__ = ["doctor", "tour"]
