"""Errors for the person who meets them: what happened, where, and what to do."""

from __future__ import annotations


class LiftLightError(Exception):
    """A fault of the machine or the program: `liftlight` prints its one line and exits with 1."""

    exit_code = 1


class CallerError(LiftLightError):
    """A mistake in what the caller gave: an argument, a file, a setting. The exit code is 2."""

    exit_code = 2


class CameraError(LiftLightError):
    """The camera is not there, or it stopped answering."""


class CameraStuckError(CameraError):
    """The camera does not switch off, so its light must stay on."""


class AlreadyReportedError(LiftLightError):
    """A fault that ends the program after the journal has kept it and the panel has shown it."""


class ModelError(LiftLightError):
    """A model, or the library that runs it, is missing or damaged."""


class EndOfRecording(LiftLightError):  # noqa: N818  (the end of a file is not an error)
    """A recording has given its last frame or sample."""
