"""What is wrong with this machine, and the cure: `liftlight doctor`."""

from __future__ import annotations

from device.doctor.checkup import CHECKS, doctor, glance
from device.doctor.machine import Finding, Verdict
from device.doctor.storage import FULL_BYTES

__all__ = ["CHECKS", "FULL_BYTES", "Finding", "Verdict", "doctor", "glance"]
