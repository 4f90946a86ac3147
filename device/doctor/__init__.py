"""What is wrong with this machine, and the cure: `liftlight doctor`."""

from __future__ import annotations

from device.doctor.checkup import CHECKS, doctor, glance
from device.doctor.machine import Finding, Verdict

__all__ = ["CHECKS", "Finding", "Verdict", "doctor", "glance"]
