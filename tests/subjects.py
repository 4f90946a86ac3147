"""A synthetic subject for the stories about it, made once: painting a skin takes half a second."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from device.camera.subject import DEFAULT, Person, State, Subject

SMALL = (320, 240)


@cache
def small(person: Person = DEFAULT) -> Subject:
    """A subject half the usual size."""
    return Subject(person, *SMALL)


def landmarks(state: State, subject: Subject | None = None) -> NDArray[np.float32]:
    return (subject or small()).truth(state).landmarks


def gap(points: NDArray[np.float32], one: int, other: int) -> float:
    """Distance between two landmarks."""
    return float(np.linalg.norm(points[one] - points[other]))
