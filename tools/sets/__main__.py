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
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from device.coach import events
from device.coach.counting import RepetitionCounter
from device.sample import LiftSample
from tools.documents import console, head, rewrite, row, write_json
from tools.environment import ROOT, argument_parser, in_one_line
from tools.evaluate.score import rate_interval
from tools.sets.generate import CLEAR, HARSH, PLAUSIBLE, make, person
from tools.sets.rendered import SETS, rendered
from tools.sets.rivals import HEAD, RIVALS, Figures, counter
from tools.sets.script import Camera, lift, play, rest
from tools.sets.unrest import ALL, RESTED_S, restless

PAGE = ROOT / "device" / "coach" / "COUNTING.md"
PART = "sets"
NEGATIVE_MINUTES = 15.0
"""How long each of those who do not lift is watched."""
CAMERA = Camera(15.0)
"""The slowest frame rate that the device promises."""


def compare(sets: int) -> Iterator[tuple[str, dict[str, Figures]]]:
    """Yield, for each condition, how each of the rivals did on the same `sets` sets."""
    for number, (condition, how) in enumerate({**PLAUSIBLE, **HARSH}.items()):
        figures = {name: Figures() for name in RIVALS}
        for index in range(sets):
            made = make(1000 * number + index, how)
            for name, rival in RIVALS.items():
                figures[name].add(made, rival(made))
        yield condition, figures


@dataclass(frozen=True, slots=True)
class Restless:
    """A quarter of an hour of somebody who does not lift, after a practised lift.

    `done` has what is done when, with a rest before each: its kind, its begin and its end, seconds.
    """

    shown: list[LiftSample]
    samples: list[LiftSample]
    done: list[tuple[str, float, float]]


@dataclass(slots=True)
class NotLifted:
    """How often one kind of what is no lift was done, and what the device said of it."""

    times: int = 0
    seconds: float = 0.0
    counted: int = 0
    """Repetitions that were counted without a practised lift."""
    practised: int = 0
    """Repetitions that were counted after a practised lift."""
    refused: Counter[str] = field(default_factory=Counter)


def restless_hours(hours: float) -> Iterator[Restless]:
    """Yield `hours` of restless people who do not lift, a quarter of an hour each."""
    for seed in range(round(hours * 60 / NEGATIVE_MINUTES)):
        chance = random.Random(seed)
        somebody = person(chance, replace(CLEAR, noise=chance.uniform(0.7, 2.0), drift=0.08))
        pieces = restless(chance, NEGATIVE_MINUTES)
        showing = [rest(2.5), lift(), rest(1.5)]
        shown = play(showing, somebody, CAMERA, chance)
        at = sum(piece.seconds for piece in showing)
        samples = play([piece for _, piece in pieces], somebody, CAMERA, chance, at).samples
        done = []
        for kind, piece in pieces:
            if kind != "rest":
                done.append((kind, at, at + piece.seconds))
            at += piece.seconds
        yield Restless(shown.samples, samples, done)


def not_lifted(hours: float) -> dict[str, NotLifted]:
    """Return what is said of `hours` without a lift, by the kinds of what is done."""
    found = {kind: NotLifted() for kind in ALL}
    for one in restless_hours(hours):
        for kind, begin, end in one.done:
            found[kind].times += 1
            found[kind].seconds += end - begin
        for practised in (False, True):
            for event in said_of(one, practised):
                kind = kind_of(one, event)
                if isinstance(event, events.Rep):
                    found[kind].practised += practised
                    found[kind].counted += not practised
                elif not practised:
                    found[kind].refused[event.reason.value] += 1
    return found


def said_of(one: Restless, practised: bool) -> Iterator[events.Rep | events.Refused]:
    """Yield what the device says of somebody who does not lift, with a practised lift or plain."""
    device = RepetitionCounter.population()
    if practised:
        device.begin_rest()
        for sample in one.shown:
            device.feed(sample)
        device.adopt_lift()
    for sample in one.samples:
        for event in device.feed(sample):
            if isinstance(event, events.Rep | events.Refused):
                yield event


def kind_of(one: Restless, event: events.Rep | events.Refused) -> str:
    """Return what was done most of the time from the onset to the end of `event`."""
    return max(one.done, key=lambda act: min(event.end, act[2]) - max(event.onset, act[1]))[0]


def end_to_end(films: Path) -> Figures:
    """Return how the device does on the sets that are filmed and watched by the real models."""
    figures = Figures()
    for number in range(SETS):
        print(f"film {number + 1} of {SETS} ...", file=sys.stderr, flush=True)
        made = rendered(number, films)
        figures.add(made, counter(made))
    return figures


def negative_lines(found: dict[str, NotLifted], hours: float) -> Iterator[str]:
    """Yield the table of what is no lift, what was counted most often first."""
    counted, practised = (
        _an_hour(sum(getattr(one, how) for one in found.values()), hours)
        for how in ("counted", "practised")
    )
    least, most = RESTED_S
    yield (
        f"In {hours:g} hours in which nobody lifts, with {least:g} to {most:g} s of rest before "
        f"all that is done, the device counted {counted}; after a practised lift {practised}:"
    )
    yield ""
    yield from head(
        [
            "what is done",
            "times",
            "minutes",
            "counted, plain",
            "counted, practised",
            "refused, plain",
        ]
    )
    for kind in sorted(found, key=lambda kind: (-found[kind].counted, kind)):
        one = found[kind]
        why = ", ".join(f"`{reason}` {times}" for reason, times in one.refused.most_common())
        cells = (one.times, f"{one.seconds / 60:.0f}", one.counted, one.practised, why)
        yield row([kind.replace("_", " "), *map(str, cells)])


def _an_hour(count: int, hours: float) -> str:
    interval = rate_interval(count, hours)
    what = f"{count} {'repetition' if count == 1 else 'repetitions'}"
    if interval is None:
        return what
    return f"{what}, {count / hours:.2f} an hour ({interval[0]:.2f} to {interval[1]:.2f})"


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
    negatives = not_lifted(hours)
    figures["false_repetitions"] = {
        "hours": hours,
        **{kind.replace("_", " "): asdict(one) for kind, one in negatives.items()},
    }
    device = together["device"]
    lines += [
        "",
        f"{sets} sets of 8 to 10 lifts a row; start and end of the holds: median and 95 % of the "
        f"absolute error. All but the last rows together: {device.exact} of {device.sets} sets "
        f"exact, {device.surely()}.",
        "",
        *negative_lines(negatives, hours),
    ]
    if films:
        filmed = end_to_end(films)
        figures["end_to_end"] = asdict(filmed)
        exact, start, end = filmed.cells()
        lines += [
            "",
            f"End to end (`--films DIR`), from pictures of the synthetic subject through the real "
            "models: "
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
