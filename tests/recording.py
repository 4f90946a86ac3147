"""A set of the synthetic subject recorded by `python -m tools.record`, and the truth about it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from device.camera.subject import CHARACTERS, PEOPLE, Phase, Player, State, Subject, SubjectCamera
from device.settings import Settings
from tools.record import __main__ as record

FPS = 12.0
SMALL = (240, 180)
EDGES = ("start_s", "hold_start_s", "hold_end_s", "end_s")


class Watched(Player):
    """A player whose every movement is known afterwards."""

    def __init__(self, character: str) -> None:
        super().__init__(CHARACTERS[character])
        self.seen: list[tuple[float, Phase]] = []

    def at(self, t: float) -> State:
        state = super().at(t)
        self.seen.append((t, state.phase))
        return state

    def lifts(self) -> list[dict[str, float]]:
        """Return when each lift began to rise, was up, was let go and was over, by picture."""
        began = self.seen[0][0]
        edges = [
            round(t - began, 3)
            for (_, before), (t, phase) in pairwise(self.seen)
            if phase is not before
        ]
        if len(edges) % len(EDGES):
            # The camera is off as soon as the last lift is known, a moment before its very end.
            edges.append(round(self.seen[-1][0] - began, 3))
        return [
            dict(zip(EDGES, edges[at : at + len(EDGES)], strict=True))
            for at in range(0, len(edges), len(EDGES))
        ]


@dataclass
class Desk:
    """A desk with the synthetic subject at it; `player` is who sat there last."""

    run: Callable[[Path, str], int]
    players: list[Watched] = field(default_factory=list)

    @property
    def lifts(self) -> list[dict[str, float]]:
        """The true lifts of the last recording, seconds from its first picture."""
        return self.players[-1].lifts()


@contextmanager
def desk(reps: int) -> Iterator[Desk]:
    """Give a desk at which a set has so many `reps`; `run(folder, typed)` records one there."""
    with pytest.MonkeyPatch.context() as patch:

        def camera(_: str, clock: Any, fps: float) -> SubjectCamera:
            del fps
            player = Watched("steady")
            here.players.append(player)
            subject = Subject(PEOPLE["ada"], *SMALL)
            return SubjectCamera(player, clock, FPS, subject=subject, sleep=lambda _: None)

        def run(folder: Path, typed: str) -> int:
            patch.setattr("sys.stdin", io.StringIO(typed))
            return record.main([str(folder), "--camera", "subject"])

        settings = Settings()
        patch.setattr(record, "from_spec", camera)
        patch.setattr(
            record, "SETTINGS", replace(settings, session=replace(settings.session, reps=reps))
        )
        here = Desk(run)
        yield here


def annotation(lifts: list[dict[str, float]]) -> dict[str, Any]:
    """Return an annotation of lifts that were all held long enough."""
    count = len(lifts)
    return {
        "lifts": count,
        "lifts_held_2s": count,
        "count_range": [count, count],
        "count_ambiguous": False,
        "events": [{"type": "lift", "mouth": "closed", **lift} for lift in lifts],
    }
