"""Power cuts: a recorded session's disk, cut at many points, and what the device makes of each."""

from __future__ import annotations

import math
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

from device.clock import ClockReading, ClockSource
from device.coach import rest
from device.errors import LiftLightError
from device.journal import JOURNAL_NAME, Journal, connect_to_read
from device.status import with_interrupted
from tools.lab.disklog import Request, cut, read_log
from tools.lab.logged_disk import LoggedDisk
from tools.lab.night import LINGER_S, Acknowledged, acknowledged

TRAINED = 3
"""From this dose on a day is a training day (DESIGN: dose)."""
REST_S = 36 * 3600.0
DAY_S = 86400.0
ON_S = 10.0
"""How long the next start has been on when it reads the clock."""
NEXT_S = LINGER_S + ON_S + 8.0
"""That is so long after the last that the person was told: by then the start before it may have
gone on for `LINGER_S`, and between the two the power was away."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What was found after one power cut.

    `after` requests had been answered. `known` is what the person had been told by then, `lifts`
    and `ended` what the journal knew at the next start. `wrong` says in words what is not as it
    must be, empty if all is.
    """

    after: int
    known: Acknowledged
    lifts: int = 0
    ended: bool = False
    replayed: bool = False
    wrong: str = ""


def cuts(disk: LoggedDisk, scratch: Path, points: int, seed: int = 1) -> Iterator[Cut]:
    """Cut the power at `points` random moments of what `disk` recorded, each judged alone.

    The moments are spread evenly over the requests; which of the unflushed writes survive is
    drawn anew each time.
    """
    random = Random(seed)
    requests = read_log(disk.log)
    for number in range(points):
        share = (number + random.random()) / points
        yield _judge(disk.base, requests[: 1 + int(share * len(requests))], scratch, random)


def table(found: Sequence[Cut], requests: int) -> Iterator[str]:
    """Yield lines of Markdown that say what came of all cuts."""
    told = [one for one in found if one.known.lifts]
    trained = [one for one in found if one.known.dose >= TRAINED]
    yield "| what | of | how often |"
    yield "|---|--:|--:|"
    yield f"| cut within {requests} requests, unflushed writes lost or torn | | {len(found)} |"
    for what, many, cases in (
        (
            "the file system's own log was played back",
            found,
            [one for one in found if one.replayed],
        ),
        (
            "more lifts on the disk than the person had been told of",
            found,
            [one for one in found if one.lifts > one.known.lifts],
        ),
        ("file system or journal not whole", found, _those(found, "whole")),
        ("a lift that was acknowledged is missing", told, _those(found, "missing")),
        ("unlocked before it was due", trained, _those(found, "early")),
    ):
        yield f"| {what} | {len(many)} | {len(cases)} |"


def _those(found: Sequence[Cut], word: str) -> list[Cut]:
    return [one for one in found if word in one.wrong]


def _judge(base: Path, requests: Sequence[Request], scratch: Path, random: Random) -> Cut:
    notes = [note for request in requests if (note := acknowledged(request)) is not None]
    known = notes[-1] if notes else Acknowledged()
    image, data = scratch / "cut.img", scratch / "cut"
    cut(base, requests, image, random)
    # As liftlight-fsck.service does it.
    checked = subprocess.run(["e2fsck", "-y", image], check=False, capture_output=True, text=True)
    replayed = "recovering journal" in checked.stdout
    if checked.returncode > 1:
        return Cut(len(requests), known, wrong=f"not whole: e2fsck {checked.returncode}")
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir()
    dump: list[str | Path] = ["debugfs", "-R", f'rdump /liftlight "{data}"', image]
    subprocess.run(dump, check=True, capture_output=True)
    return _start(data / "liftlight", len(requests), known, replayed)


def _start(folder: Path, after: int, known: Acknowledged, replayed: bool) -> Cut:
    """Start the device's journal in what is left, and compare it with what was promised."""
    if not folder.exists():
        return Cut(after, known, replayed=replayed, wrong="missing folder" if known.wall else "")
    clock = _NextBoot(known.wall)
    path = folder / JOURNAL_NAME
    wrong = []
    try:
        with Journal(path, clock) as journal:
            if journal.set_aside is not None:
                wrong.append("not whole: the journal was set aside")
            history, unfinished = journal.history(), journal.unfinished_session()
    except LiftLightError as error:
        return Cut(after, known, replayed=replayed, wrong=f"not whole: {error}")
    if unfinished is not None:
        history = with_interrupted(history, unfinished)
    verdict = rest.decide(history, clock.reading())
    opens = clock.reading().wall + verdict.seconds_left
    with closing(connect_to_read(path)) as rows:
        lifts = rows.execute("SELECT count(*) FROM lifts").fetchone()[0]
        ended = rows.execute("SELECT count(*) FROM sessions WHERE ending = 'done'").fetchone()[0]
    if lifts < known.lifts or ended < known.ended:
        wrong.append(f"missing: {known.lifts} lifts were acknowledged, {lifts} are there")
    if known.dose >= TRAINED and opens < _due(known.wall):
        wrong.append(f"early by {_due(known.wall) - opens:.0f} s")
    return Cut(after, known, lifts, bool(ended), replayed, "; ".join(wrong))


def _due(trained: float) -> float:
    """When the next session may begin at the earliest after training at this UTC time."""
    return max(trained + REST_S, (math.floor(trained / DAY_S) + 2) * DAY_S)


class _NextBoot:
    """The clock of the start after the cut: a real-time clock counted on."""

    def __init__(self, cut_at: float) -> None:
        self._reading = ClockReading("the next", ON_S, cut_at + NEXT_S, 0, ClockSource.RTC)

    def monotonic(self) -> float:
        return self._reading.monotonic

    def reading(self) -> ClockReading:
        return self._reading
