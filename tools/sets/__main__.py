"""`python -m tools.sets [--sets N] [--hours H] [--json FILE] [--write]`: the counter in figures.

Makes sets of lifts at the level of the signal (people, speeds, heights, noise, frame rates, lost
frames, drifting rest, distractions) and hours in which nobody lifts, counts them with the device's
counter and with two rivals, and prints how they did. `--write` puts the tables into
device/coach/COUNTING.md.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from device.coach.events import Rep
from device.coach.repetitions import RepetitionCounter
from device.files import whole_file
from tools.evaluate.score import quantile
from tools.sets.generate import Conditions, MadeSet, make, person
from tools.sets.rivals import RIVALS, Hold
from tools.sets.script import Camera, play
from tools.sets.unrest import restless

PAGE = Path(__file__).resolve().parents[2] / "device" / "coach" / "COUNTING.md"
BEGIN, END = "<!-- begin: python -m tools.sets --write -->", "<!-- end -->"

CLEAR = Conditions()
CONDITIONS: dict[str, Conditions] = {
    "as measured": CLEAR,
    "no noise": replace(CLEAR, noise=0.0),
    "noise x 2": replace(CLEAR, noise=2.0),
    "noise x 3": replace(CLEAR, noise=3.0),
    "noise x 4": replace(CLEAR, noise=4.0),
    "12 fps": replace(CLEAR, camera=Camera(12.0)),
    "15 fps": replace(CLEAR, camera=Camera(15.0)),
    "60 fps": replace(CLEAR, camera=Camera(60.0)),
    "20 % of the frames lost": replace(CLEAR, camera=Camera(30.0, drops=0.2, jitter=0.5)),
    "40 % of the frames lost": replace(CLEAR, camera=Camera(30.0, drops=0.4, jitter=0.5)),
    "rest drifts by 0.1": replace(CLEAR, drift=0.1),
    "rest drifts by 0.2": replace(CLEAR, drift=0.2),
    "fast (0.25 to 0.4 s)": replace(CLEAR, movement=(0.25, 0.4)),
    "slow (0.8 to 1.2 s)": replace(CLEAR, movement=(0.8, 1.2)),
    "small (0.6 to 0.7)": replace(CLEAR, amplitude=(0.6, 0.7)),
    "large (1.2 to 1.3)": replace(CLEAR, amplitude=(1.2, 1.3)),
    "no distractions": replace(CLEAR, distracted=0.0),
}
NEGATIVE_MINUTES = 15.0


@dataclass(slots=True)
class Figures:
    """How one rival did under one condition; timing errors are absolute, in seconds."""

    sets: int = 0
    exact: int = 0
    start_errors: list[float] | None = None
    end_errors: list[float] | None = None

    def add(self, made: MadeSet, holds: Sequence[Hold]) -> None:
        """Take in one counted set."""
        self.sets += 1
        starts = self.start_errors = self.start_errors or []
        ends = self.end_errors = self.end_errors or []
        matched = 0
        for true in made.holds:
            found = [h for h in holds if h[0] < true[1] and h[1] > true[0]]
            if len(found) == 1:
                matched += 1
                starts.append(abs(found[0][0] - true[0]))
                ends.append(abs(found[0][1] - true[1]))
        self.exact += matched == len(made.holds) == len(holds)

    def cells(self) -> list[str]:
        """Return share exact, and median/95 % of the errors of start and end."""
        starts, ends = self.start_errors or [], self.end_errors or []
        return [
            f"{100 * self.exact / max(1, self.sets):.0f} %",
            f"{quantile(starts, 0.5):.2f}/{quantile(starts, 0.95):.2f}",
            f"{quantile(ends, 0.5):.2f}/{quantile(ends, 0.95):.2f}",
        ]


def compare(sets: int, names: Sequence[str]) -> Iterator[tuple[str, dict[str, Figures]]]:
    """Yield, for each condition, how each of the rivals `names` did on the same `sets` sets."""
    for number, (condition, how) in enumerate(CONDITIONS.items()):
        figures = {name: Figures() for name in names}
        for index in range(sets):
            made = make(1000 * number + index, how)
            for name in names:
                figures[name].add(made, RIVALS[name](made))
        yield condition, figures


def false_repetitions(hours: float) -> int:
    """Return how many repetitions are counted in `hours` of restless people who do not lift."""
    false = 0
    for seed in range(round(hours * 60 / NEGATIVE_MINUTES)):
        chance = random.Random(seed)
        somebody = person(chance, replace(CLEAR, noise=chance.uniform(0.7, 2.0), drift=0.08))
        pieces = [piece for _, piece in restless(chance, NEGATIVE_MINUTES)]
        counter = RepetitionCounter.population()
        for sample in play(pieces, somebody, Camera(15.0), chance).samples:
            false += sum(isinstance(event, Rep) for event in counter.feed(sample))
    return false


def report(sets: int, hours: float, names: Sequence[str]) -> tuple[str, dict[str, object]]:
    """Run everything; return the tables in Markdown and the figures."""
    head = ["condition", *(f"{n}: {w}" for n in names for w in ("exact", "start s", "end s"))]
    lines = [_row(head), _row(["---"] * len(head))]
    figures: dict[str, object] = {}
    for condition, results in compare(sets, names):
        print(f"{condition} ...", file=sys.stderr, flush=True)
        lines.append(_row([condition, *(c for name in names for c in results[name].cells())]))
        figures[condition] = {name: asdict(results[name]) for name in names}
    print(f"{hours:g} hours without a lift ...", file=sys.stderr, flush=True)
    false = false_repetitions(hours)
    figures["false_repetitions"] = {"hours": hours, "count": false}
    lines += [
        "",
        f"{sets} sets of 8 to 10 lifts a row; start and end of the holds: median and 95 % of the "
        "absolute error.",
        f"In {hours:g} hours of talking, chewing, yawning, nodding, looking round, turning over, "
        "rubbing, blinking, pouting, smirking, grinning and laughing, one after the other, the "
        f"device counted {false} repetitions.",
    ]
    return "\n".join(lines) + "\n", figures


def write(tables: str) -> None:
    """Put the tables into the page, between its marks."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    with whole_file(PAGE) as partial:
        partial.write_text(f"{before}{BEGIN}\n\n{tables}\n{END}{after}", encoding="utf-8")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.sets", description=__doc__)
    parser.add_argument("--sets", type=int, default=40, help="sets for each condition")
    parser.add_argument("--hours", type=float, default=10.0, help="hours without a lift")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every figure there")
    parser.add_argument("--write", action="store_true", help="put the tables into COUNTING.md")
    options = parser.parse_args(arguments)
    tables, figures = report(options.sets, options.hours, list(RIVALS))
    if options.json:
        with whole_file(options.json) as partial:
            partial.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if options.write:
        write(tables)
    print(tables, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
