"""Errors for the person who meets them: what happened, where, and what to do."""

from __future__ import annotations


class LiftLightError(Exception):
    """A fault of the machine or of ours; `liftlight` prints its one line and exits with 1."""

    exit_code = 1


class CallerError(LiftLightError):
    """A mistake in what the caller gave us: an argument, a file, a setting. Exit code 2."""

    exit_code = 2


class CameraError(LiftLightError):
    """There is no such camera, or it stopped answering."""


class CameraStuckError(CameraError):
    """The camera does not switch off: the light that says that it sees must stay on."""


class AlreadyReportedError(LiftLightError):
    """It ends the program, but the journal has kept it and the panel has shown it."""


class ModelError(LiftLightError):
    """A model or the runtime for it is missing or damaged."""


class EndOfRecording(LiftLightError):  # noqa: N818  (the end of a file is not an error)
    """A recorded source has given its last frame or sample."""
