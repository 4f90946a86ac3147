"""What is written into a picture, and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pytest

from device.desk import chart, drawing


class Words(NamedTuple):
    """A line, and the box around its letters, pixels."""

    line: str
    left: int
    top: int
    right: int
    bottom: int


def written_on_charts(monkeypatch: pytest.MonkeyPatch) -> list[Words]:
    """A list that grows by whatever a chart, or a plot, writes from now on."""
    written: list[Words] = []

    def text(
        picture: drawing.Picture, line: str, x: int, y: int, colour: drawing.Colour, *how: float
    ) -> None:
        blank = np.zeros_like(picture)
        drawing.text(blank, line, x, y, drawing.NIGHT.ink, *how)
        (rows,), (columns,) = (blank.any(axis=axes).nonzero() for axes in ((1, 2), (0, 2)))
        # A part of a picture begins so many pixels after the whole.
        whole = picture if picture.base is None else np.asarray(picture.base)
        down, across = divmod((picture.ctypes.data - whole.ctypes.data) // 3, whole.shape[1])
        left, right = int(columns[0]) + across, int(columns[-1]) + across + 1
        top, bottom = int(rows[0]) + down, int(rows[-1]) + down + 1
        written.append(Words(line, left, top, right, bottom))
        drawing.text(picture, line, x, y, colour, *how)

    monkeypatch.setattr(chart, "text", text)
    return written


def covered(written: Sequence[Words]) -> Iterator[tuple[str, str]]:
    """The lines whose boxes have a pixel in common."""
    for one, other in combinations(written, 2):
        across = max(one.left, other.left) < min(one.right, other.right)
        down = max(one.top, other.top) < min(one.bottom, other.bottom)
        if across and down:
            yield one.line, other.line
