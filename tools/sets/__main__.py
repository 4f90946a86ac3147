"""`python -m tools.sets [--sets N] [--hours H] [--films DIR] [--json FILE] [--write]`.

The counter in figures. Makes sets of lifts at the level of the signal (people, speeds, heights,
noise, frame rates, lost frames, drifting rest, distractions) and hours in which nobody lifts,
counts them with the device's counter and with two rivals, and prints how they did. With `--films`
the device also counts 20 sets end to end: the synthetic subject is filmed and the real models watch
it; what they saw is kept in DIR, which takes half an hour the first time and seconds from then on.
`--write` puts the tables into device/coach/COUNTING.md.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from device.coach import events
from device.coach.counting import RepetitionCounter
from device.sample import LiftSample
from tools.documents import console, head, rewrite, row, write_json
from tools.environment import ROOT, argument_parser, in_one_line
from tools.sets.generate import CLEAR, HARSH, PLAUSIBLE, make, person
from tools.sets.rendered import SETS, rendered
from tools.sets.rivals import HEAD, RIVALS, Figures, counter
from tools.sets.script import Camera, play
from tools.sets.unrest import restless

PAGE = ROOT / "device" / "coach" / "COUNTING.md"
PART = "sets"
NEGATIVE_MINUTES = 15.0


def compare(sets: int) -> Iterator[tuple[str, dict[str, Figures]]]:
    """Yield, for each condition, how each of the rivals did on the same `sets` sets."""
    for number, (condition, how) in enumerate({**PLAUSIBLE, **HARSH}.items()):
        figures = {name: Figures() for name in RIVALS}
        for index in range(sets):
            made = make(1000 * number + index, how)
            for name, rival in RIVALS.items():
                figures[name].add(made, rival(made))
        yield condition, figures


def restless_hours(hours: float) -> Iterator[list[LiftSample]]:
    """Yield `hours` of restless people who do not lift, a quarter of an hour each."""
    for seed in range(round(hours * 60 / NEGATIVE_MINUTES)):
        chance = random.Random(seed)
        somebody = person(chance, replace(CLEAR, noise=chance.uniform(0.7, 2.0), drift=0.08))
        pieces = [piece for _, piece in restless(chance, NEGATIVE_MINUTES)]
        yield play(pieces, somebody, Camera(15.0), chance).samples


def false_repetitions(hours: float) -> int:
    """Return how many repetitions are counted in `hours` of restless people who do not lift."""
    false = 0
    for samples in restless_hours(hours):
        device = RepetitionCounter.population()
        false += sum(
            isinstance(one, events.Rep) for sample in samples for one in device.feed(sample)
        )
    return false


def end_to_end(films: Path) -> Figures:
    """Return how the device does on the sets that are filmed and watched by the real models."""
    figures = Figures()
    for number in range(SETS):
        print(f"film {number + 1} of {SETS} ...", file=sys.stderr, flush=True)
        made = rendered(number, films)
        figures.add(made, counter(made))
    return figures


def report(sets: int, hours: float, films: Path | None) -> tuple[str, dict[str, object]]:
    """Run everything; return the tables in Markdown and the figures."""
    columns = ["condition", *(f"{name}: {what}" for name in RIVALS for what in HEAD)]
    lines = ["", *head(columns)]
    figures: dict[str, object] = {}
    together = {name: Figures() for name in RIVALS}
    for condition, results in compare(sets):
        print(f"{condition} ...", file=sys.stderr, flush=True)
        lines.append(row([condition, *(c for name in RIVALS for c in results[name].cells())]))
        figures[condition] = {name: asdict(results[name]) for name in RIVALS}
        if condition in PLAUSIBLE:
            for name in RIVALS:
                together[name].join(results[name])
    name = f"**all but {', '.join(HARSH)}**"
    lines.append(row([name, *(cell for one in together.values() for cell in one.cells())]))
    print(f"{hours:g} hours without a lift ...", file=sys.stderr, flush=True)
    false = false_repetitions(hours)
    figures["false_repetitions"] = {"hours": hours, "count": false}
    device = together["device"]
    lines += [
        "",
        f"{sets} sets of 8 to 10 lifts a row; start and end of the holds: median and 95 % of the "
        f"absolute error. All but the last rows together: {device.exact} of {device.sets} sets "
        f"exact, {device.surely()}.",
        "",
        f"In {hours:g} hours of talking, chewing, yawning, nodding, looking round, turning over, "
        "rubbing, blinking, pouting, smirking, grinning and laughing, one after the other, the "
        f"device counted {false} {'repetition' if false == 1 else 'repetitions'}.",
    ]
    if films:
        filmed = end_to_end(films)
        figures["end_to_end"] = asdict(filmed)
        exact, start, end = filmed.cells()
        lines += [
            "",
            f"End to end, from pictures of the synthetic subject through the real models: "
            f"{filmed.exact} of {filmed.sets} sets of 8 to 10 lifts exact ({exact}), start "
            f"{start} s, end {end} s. Eight people; facing, lying on either side, upside down, in "
            "the dark, by a television, with fingers on the cheeks; between the lifts short and "
            "partial ones, chewing, yawning, talking, rubbing, turning over, pouting, nodding.",
        ]
    return "\n".join(lines) + "\n", figures


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argument_parser("tools.sets", __doc__)
    parser.add_argument("--sets", type=int, default=40, help="sets for each condition")
    parser.add_argument("--hours", type=float, default=10.0, help="hours without a lift")
    parser.add_argument("--films", metavar="DIR", type=Path, help="also end to end, kept there")
    parser.add_argument(
        "--json", metavar="FILE", type=Path, help="every figure goes there; - is stdout"
    )
    parser.add_argument("--write", action="store_true", help="put the tables into COUNTING.md")
    options = parser.parse_args(arguments)
    tables, figures = report(options.sets, options.hours, options.films)
    if options.json:
        write_json(options.json, figures)
    if options.write:
        rewrite(PAGE, PART, tables)
    print(tables, end="", file=console(options.json))
    return 0


if __name__ == "__main__":
    sys.exit(main())
