"""`python -m tools.sets.sensitivity [--sets N] [--hours H] [--write]`: what each threshold does.

Every threshold of the counter is made smaller and larger by a fifth, one at a time, and the same
sets and hours without a lift are counted again. A counter that stands on one lucky number shows it
here. `--write` puts the table into device/coach/COUNTING.md.
"""

from __future__ import annotations

import ast
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from device import sample
from device.coach import events
from device.coach.counting import (
    RepetitionCounter,
    calibration,
    measure,
    phases,
    verdict,
)
from device.coach.counting import counter as repetition_counter
from device.sample import LiftSample
from tools.documents import head, rewrite, row
from tools.environment import argument_parser, in_one_line
from tools.evaluate.score import quantile
from tools.sets import rivals
from tools.sets.__main__ import PAGE, restless_hours
from tools.sets.generate import PLAUSIBLE, MadeSet, make
from tools.sets.rivals import Figures
from tools.sets.script import Camera

PART = "sensitivity"
MODULES: tuple[ModuleType, ...] = (
    sample,
    phases,
    measure,
    verdict,
    repetition_counter,
    calibration,
)
NO_THRESHOLDS = ("LOW", "HIGH", "TO_PLATEAU", "BIN", "NETWORK_FROM_DEG")
"""Constants that are no thresholds of their own: the least-jerk course at 25 and 80 %, the bin of a
histogram, and what the counter knows as the first of NETWORK_DEG."""
STEPS = (0.8, 1.2)
CAMERA = Camera(15.0)
"""The slowest frame rate that the device promises; it halves the time that this takes."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """One number among the constants of the counter; `place` is its place in a tuple of them."""

    name: str
    place: int | None
    value: float | tuple[float, ...]

    @property
    def title(self) -> str:
        """Its name, and its place if it is one of a tuple."""
        return self.name if self.place is None else f"{self.name}, {self.place + 1}"

    @property
    def number(self) -> float:
        """Its value."""
        return self.value[self.place or 0] if isinstance(self.value, tuple) else self.value

    def times(self, factor: float) -> float | tuple[float, ...]:
        """Return the constant with this number changed by `factor`."""
        if not isinstance(self.value, tuple):
            return self.value * factor
        return tuple(
            one * (factor if place == self.place else 1.0) for place, one in enumerate(self.value)
        )


def thresholds() -> list[Threshold]:
    """Return every threshold, in the order in which a sample meets them."""
    found = []
    for module in MODULES:
        for name in _assigned(module):
            value = getattr(module, name)
            if name.startswith("_") or name in NO_THRESHOLDS:
                continue
            if isinstance(value, float):
                found.append(Threshold(name, None, value))
            elif isinstance(value, tuple) and all(isinstance(one, float) for one in value):
                found += [Threshold(name, place, value) for place in range(len(value))]
    return found


def _assigned(module: ModuleType) -> list[str]:
    """Return the names of the constants that a module itself sets."""
    tree = ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8"))
    targets = [node.targets[0] for node in tree.body if isinstance(node, ast.Assign)]
    names = [
        one
        for target in targets
        for one in (target.elts if isinstance(target, ast.Tuple) else [target])
    ]
    return [one.id for one in names if isinstance(one, ast.Name) and one.id.isupper()]


@contextmanager
def changed(threshold: Threshold, factor: float) -> Iterator[None]:
    """Change a threshold in every module that imported it, for as long as the block lasts."""
    # Two files may give one name to two things: identity tells them apart.
    homes = [module for module in MODULES if vars(module).get(threshold.name) is threshold.value]
    for module in homes:
        setattr(module, threshold.name, threshold.times(factor))
    try:
        yield
    finally:
        for module in homes:
            setattr(module, threshold.name, threshold.value)


def count(
    sets: Sequence[MadeSet], restless: Sequence[Sequence[LiftSample]]
) -> tuple[str, str, str, str]:
    """Return the cells: share exact, 95 % of start and end errors, false repetitions."""
    figures = Figures()
    for made in sets:
        figures.add(made, rivals.counter(made))
    false = 0
    for samples in restless:
        device = RepetitionCounter.population()
        false += sum(
            isinstance(one, events.Rep) for sample in samples for one in device.feed(sample)
        )
    return (
        figures.percent(),
        f"{quantile(figures.start_errors, 0.95):.2f}",
        f"{quantile(figures.end_errors, 0.95):.2f}",
        str(false),
    )


def report(sets: int, hours: float) -> str:
    """Run everything; return the table in Markdown.

    Without hours it has no columns of false repetitions.
    """
    conditions = [replace(how, camera=CAMERA) for how in PLAUSIBLE.values()]
    chance = random.Random(1)
    made = [make(chance.randrange(10**6), conditions[i % len(conditions)]) for i in range(sets)]
    restless = [one.samples for one in restless_hours(hours)]
    plain = count(made, restless)
    seen = ("exact", "start 95 % s", "end 95 % s", "false")[: 4 if restless else 3]
    lines = [
        "",
        *head(["threshold", "is", *(f"{step:g} of it: {what}" for step in STEPS for what in seen)]),
        row(["as they are", "", *plain[: len(seen)], *plain[: len(seen)]]),
    ]
    silent = []
    for threshold in thresholds():
        cells = []
        for step in STEPS:
            with changed(threshold, step):
                cells.append(count(made, restless))
        print(threshold.title, *cells, file=sys.stderr, flush=True)
        if all((one[0], one[3]) == (plain[0], plain[3]) for one in cells):
            silent.append(f"`{threshold.title}`")
        else:
            shown = [cell for one in cells for cell in one[: len(seen)]]
            lines.append(row([f"`{threshold.title}`", f"{threshold.number:g}", *shown]))
    without = f", and {hours:g} hours without a lift" if restless else ""
    unseen = "" if restless else "all whose only job is to refuse what is no lift; "
    lines += [
        "",
        f"{sets} sets drawn from the plausible rows above, at {CAMERA.fps:g} frames a second"
        f"{without}. No count changes with a fifth more or less of {', '.join(silent)}. Of some of "
        f"these the sets can show nothing: {unseen}those of a jaw that drops and of eyes that shut "
        "in a lift, which happens in no set; and `POPULATION_LIFT`, for each set begins with a "
        "practised lift.",
    ]
    return "\n".join(lines) + "\n"


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argument_parser("tools.sets.sensitivity", __doc__)
    parser.add_argument("--sets", type=int, default=60, help="sets for each change")
    parser.add_argument("--hours", type=float, default=0.5, help="hours without a lift")
    parser.add_argument("--write", action="store_true", help="put the table into COUNTING.md")
    options = parser.parse_args(arguments)
    table = report(options.sets, options.hours)
    if options.write:
        rewrite(PAGE, PART, table)
    print(table, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
