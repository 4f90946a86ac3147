"""What can go wrong with a stick; each message is one line and ends in a cure."""

from __future__ import annotations

import errno
from pathlib import Path

from device.errors import CallerError, LiftLightError


class SyncError(LiftLightError):
    """The stick could not be written or read back; an export that was whole before still is."""


class DamagedExportError(CallerError):
    """An export is not what its manifest says, or is no journal; nothing was taken from it."""


def stick_error(stick: Path, error: OSError) -> SyncError:
    """Return the error that says what a failed system call means for the stick."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return SyncError(f"{stick} is full: free some space on it, or take another stick.")
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return SyncError(
            f"{stick} may not be written: slide its lock open, or repair it on a computer."
        )
    if error.errno in (errno.ENODEV, errno.ENOENT, errno.ENXIO):
        return SyncError(f"{stick} is gone: plug the stick in again and wait for the signal.")
    return SyncError(
        f"{stick} could not be written or read back ({error.strerror}): "
        "repair it on a computer, or take another stick."
    )
