"""`python -m tools.sets.sides [--write]`: what the device sees of a lift that one side does alone.

Each of the eight synthetic people practises one even lift and then does one side in full and the
other in part, left and right, watched by the real models. Every such lift is done twice in a row,
and the second is judged: a side is said to lag only if it did less in the lift before, too.
`--write` puts the table into device/coach/COUNTING.md.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from device.camera.subject import PEOPLE, Script, State, Subject, SubjectCamera, motion, scenario
from device.coach import events
from device.coach.counting import RepetitionCounter
from device.sample import LiftSample
from tools.clips import recorded, vision
from tools.documents import head, rewrite, row
from tools.environment import argument_parser, in_one_line
from tools.sets.__main__ import PAGE

PART = "sides"
EFFORTS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Shares of a full lift that the weaker side does."""
FPS = 15.0
SIZE = (640, 480)
RISE_S, HOLD_S, REST_S = 0.6, 2.5, 1.8
INNER_S = 0.5
"""The height of a hold is taken from so long after it begins, that of rest from so long before the
lift, seconds."""


@dataclass
class Seen:
    """What came of the lifts of one effort: the weaker side's share of the other, and verdicts."""

    shares: list[float] = field(default_factory=list)
    one_sided: int = 0
    lags: int = 0


def lifts() -> list[motion.Lift]:
    """Return the practised lift, and then two of each effort and side."""
    efforts = [(1.0, 1.0)]
    for weak in EFFORTS:
        efforts += [(1.0, weak)] * 2 + [(weak, 1.0)] * 2
    length = 2 * RISE_S + HOLD_S + REST_S
    return [
        motion.Lift(2.5 + number * length, RISE_S, HOLD_S, RISE_S, left, right)
        for number, (left, right) in enumerate(efforts)
    ]


def watch(who: str) -> list[LiftSample]:
    """Return what the device's vision sees of `who` doing them all."""
    rng = np.random.default_rng([*who.encode()])
    moves = lifts()
    layers = (motion.sway(rng), motion.drifting(rng, 0.08, tremor=scenario.TREMOR))
    script = Script("sides", moves[-1].end + REST_S, State(), layers, tuple(moves))
    camera = SubjectCamera(script, fps=FPS, live=False, subject=Subject(PEOPLE[who], *SIZE))
    return list(recorded(vision(camera)))


def judge(samples: Sequence[LiftSample], seen: dict[float, Seen]) -> None:
    """Add to `seen` what the counter said of each second lift, and how its sides compared."""
    practised, *others = lifts()
    own = heights(samples, practised)
    counter = RepetitionCounter.population()
    said: list[events.Rep | events.Refused] = []
    for sample in samples:
        for event in counter.feed(sample):
            if isinstance(event, events.Rep | events.Refused):
                if not said:
                    counter.adopt_lift()
                said.append(event)
    for lift in others[1::2]:
        sides = [height / of for height, of in zip(heights(samples, lift), own, strict=True)]
        weak = min(lift.left, lift.right)
        if lift.left > lift.right:
            sides.reverse()
        one = seen[weak]
        one.shares.append(sides[0] / sides[1])
        for event in said:
            if lift.start - REST_S / 2 < event.onset < lift.release:
                one.one_sided += (
                    isinstance(event, events.Refused) and event.reason is events.Reason.ONE_SIDED
                )
                lagging = {events.Note.LEFT_LAGS, events.Note.RIGHT_LAGS}
                one.lags += isinstance(event, events.Rep) and bool(
                    lagging.intersection(event.notes)
                )


def heights(samples: Sequence[LiftSample], lift: motion.Lift) -> tuple[float, float]:
    """Return how far either side rose in a lift, left and right, in raw units."""
    held = [s for s in samples if lift.top + INNER_S < s.time < lift.release]
    rest = [s for s in samples if lift.start - INNER_S < s.time < lift.start]
    left, right = (
        statistics.median(getattr(s, side) for s in held)
        - statistics.median(getattr(s, side) for s in rest)
        for side in ("left", "right")
    )
    return left, right


def table(seen: dict[float, Seen]) -> str:
    """Return the table in Markdown, a row an effort."""
    reads = "it reads, of the other: least, median, most"
    lines = head(["the weaker side does", reads, "refused as one-sided", "counts, and lags"])
    for effort, one in seen.items():
        shares = (
            f"{min(one.shares):.2f}, {statistics.median(one.shares):.2f}, {max(one.shares):.2f}"
        )
        of = len(one.shares)
        lines.append(
            row([f"{effort:g}", shares, f"{one.one_sided} of {of}", f"{one.lags} of {of}"])
        )
    return "\n".join(lines)


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argument_parser("tools.sets.sides", __doc__)
    parser.add_argument("--write", action="store_true", help="put the table into COUNTING.md")
    options = parser.parse_args(arguments)
    seen = {effort: Seen() for effort in EFFORTS}
    for who in PEOPLE:
        print(who, file=sys.stderr, flush=True)
        judge(watch(who), seen)
    text = table(seen)
    print(text)
    if options.write:
        rewrite(PAGE, PART, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
