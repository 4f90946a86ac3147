"""`python -m tools.negatives FOLDER ... [--traces DIR] [--write]`: what counts and is no lift.

A yawn out of the blue is often refused because nothing rested before it; the one that matters comes
from a face at rest. So everything in the annotated films of the folders that is no lift is cut out,
as the device's vision saw it, and put between 3 s of the same face's own rest. The device's counter
counts that, plain, and once more after a lift of the same film that it takes for the practised one.

The first table has a row for each kind of event, and says besides what S alone would have counted:
the same samples, without the lift network, the eyes and the jaw. The second tells what was done
against what was said, lifts included. Below them stands what the samples say of each repetition
that is none. What vision saw of a film is kept in DIR, under a name that tells the film's content,
so that only the first run takes long; after a change to vision, name an empty folder. `--write`
puts the tables into device/coach/COUNTING.md.
"""

from __future__ import annotations

import functools
import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, cycle, islice, pairwise
from pathlib import Path

import numpy as np

from device.camera import VideoFileCamera
from device.coach import events
from device.coach.counting import CalibrationError, RepetitionCounter, verdict
from device.sample import POPULATION_LIFT, LiftSample
from tools.clips import kept_trace, recorded, samples_of, vision
from tools.documents import head, rewrite, row
from tools.environment import ROOT, ToolError, argument_parser, in_one_line
from tools.evaluate.annotations import RESTLESS, Event, read
from tools.evaluate.replays import annotated_clips, content_hash
from tools.evaluate.score import rate_interval
from tools.processes import add_jobs, spread

PAGE = ROOT / "device" / "coach" / "COUNTING.md"
PART, CONFUSION = "negatives", "confusion"
LIFTS = ("lift", "smile_only", "cheek_only")
"""Kinds of events that are lifts, or so much of one that they may count."""
REST_S = 3.0
"""So long the face rests before and after each event, seconds."""
LEAST_REST_S = 0.2
"""A shorter stretch of rest is none; longer ones are played to and fro for REST_S, seconds."""
WAIT_S = 1.0
"""In the beginning of a film the face is only being found, seconds."""
BEFORE_S, AFTER_S = 0.3, 0.5
"""So long before and after an annotated event its movement may last, seconds."""
ROWS = {
    "a lift, held": "lift",
    "a lift, held too short": "short_lift",
    "half a lift": "partial_lift",
    "one side alone": "one_sided_lift",
    "a lift with the mouth open": "open_lift",
    "a smile without the cheeks": "smile_only",
    "the cheeks without a smile": "cheek_only",
}
"""The rows of the second table, and the kinds of events that they hold; the last has all others."""
ELSE = "everything else"
COUNTED, NOTHING = "repetition", "nothing"
READ = {"S": "lift", "network": "seen", "mouth": "mouth_open"}
"""What is read while something is done: the columns of the table, and the fields of a sample."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What vision saw in an annotated film, and what happened in it."""

    name: str
    samples: Sequence[LiftSample]
    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said of one event that is no lift: repetitions, and why others were refused.

    `reads` is what was read of it for so long that it might be held, as `lasting` tells, by the
    names of `READ`; `told` has a line for each repetition: what the samples say of it.
    """

    film: str
    event: Event
    practised: bool
    reps: int
    refused: tuple[str, ...]
    reads: dict[str, float]
    told: tuple[str, ...]


def by_s_alone(film: Watched) -> Watched:
    """Return a film as S alone would see it: the other witnesses are silent."""
    silent = math.nan
    samples = [
        replace(one, seen_left=silent, seen_right=silent, jaw=silent, eyes_open=silent)
        for one in film.samples
    ]
    return replace(film, samples=samples)


def watch(clip: Path, traces: Path | None) -> Watched:
    """Return what vision sees in an annotated film, from its trace in `traces` if there is one."""
    truth = read(clip.with_suffix(".json"))
    if traces is None:
        samples = list(recorded(vision(VideoFileCamera(clip))))
    else:
        trace = traces / f"{clip.stem}-{content_hash(clip)[:12]}.csv"
        samples = samples_of(kept_trace(trace, lambda: vision(VideoFileCamera(clip))))
    return Watched(clip.stem, samples, truth.events)


# Cutting and joining


def rests(film: Watched) -> list[list[LiftSample]]:
    """Return every stretch in which a face is seen and nothing happens, of LEAST_REST_S or more."""
    happening = [one for one in film.events if one.kind not in RESTLESS]
    found: list[list[LiftSample]] = [[]]
    for sample in film.samples:
        begun = film.samples[0].time + WAIT_S
        if (
            sample.time < begun
            or math.isnan(sample.lift)
            or any(one.start - BEFORE_S <= sample.time <= one.end + AFTER_S for one in happening)
        ):
            if found[-1]:
                found.append([])
        else:
            found[-1].append(sample)
    return [one for one in found if one and one[-1].time - one[0].time >= LEAST_REST_S]


def between_rests(film: Watched, event: Event) -> list[LiftSample]:
    """Return what was seen of `event`, with REST_S of the film's nearest rest on either side.

    The times begin anew at 0. The film must have some rest.
    """
    stretches = rests(film)
    before = min(stretches, key=lambda one: _away(one, event.start))
    after = min(stretches, key=lambda one: _away(one, event.end))
    return joined(
        _played(before, event.start)[::-1], during(film, event), _played(after, event.end)
    )


def during(film: Watched, event: Event) -> list[LiftSample]:
    """Return what was seen of `event`, up to what happens before and after it."""
    begin, end = event.start - BEFORE_S, event.end + AFTER_S
    for other in film.events:
        if other.kind not in RESTLESS:
            begin = max(begin, other.end) if other.end <= event.start else begin
            end = min(end, other.start) if other.start >= event.end else end
    return [sample for sample in film.samples if begin <= sample.time <= end]


def joined(*parts: Sequence[LiftSample]) -> list[LiftSample]:
    """Return the samples of all parts as one recording that begins at 0.

    Within a part the time between two samples stays what it was, whichever way it is played.
    """
    samples = [sample for part in parts for sample in part]
    steps = [abs(b.time - a.time) for part in parts for a, b in pairwise([*part, part[-1]])]
    usual = float(np.median(steps))
    times = accumulate((step or usual for step in steps), initial=0.0)
    return [replace(one, time=time) for one, time in zip(samples, times, strict=False)]


def _away(stretch: Sequence[LiftSample], time: float) -> float:
    return min(abs(stretch[0].time - time), abs(stretch[-1].time - time))


def _played(stretch: Sequence[LiftSample], time: float) -> list[LiftSample]:
    """Return REST_S of a stretch, played to and fro, from the end that is nearer to `time` on."""
    near = abs(stretch[0].time - time) <= abs(stretch[-1].time - time)
    once = list(stretch) if near else list(stretch)[::-1]
    seconds = abs(once[-1].time - once[0].time) / (len(once) - 1)
    return list(islice(cycle(once + once[-2:0:-1]), math.ceil(REST_S / seconds)))


# Counting


def outcomes(film: Watched) -> Iterator[Outcome]:
    """Yield what is said of everything in `film` that is no lift; nothing if it has no rest."""
    if not rests(film):
        return
    lift = practised_lift(film)
    for event in film.events:
        if _is_asked_for(event):
            yield outcome(film, event)
            if lift:
                yield outcome(film, event, lift)


def practised_lift(film: Watched) -> Event | None:
    """Return the first lift of `film` that can be the practised one, or None if none can."""
    for event in film.events:
        if event.kind == "lift" and event.hold_start is not None:
            try:
                practised(between_rests(film, event))
            except CalibrationError:
                continue
            return event
    return None


def practised(shown: Sequence[LiftSample]) -> RepetitionCounter:
    """Return a counter that took the lift in `shown` for the practised one, as a session does.

    Raises CalibrationError if it cannot be one.
    """
    counter = RepetitionCounter()
    counter.begin_rest()
    for sample in shown:
        counter.feed(sample)
    counter.adopt_lift()
    return counter


def outcome(film: Watched, event: Event, after: Event | None = None) -> Outcome:
    """Return what is said of an event of `film` between rests.

    `after` is the lift that is practised first, if one is. Raises CalibrationError if it cannot be.
    """
    samples = between_rests(film, event)
    counter, begin = RepetitionCounter.population(), -1.0
    if after:
        shown = between_rests(film, after)
        counter, begin = practised(shown), shown[-1].time
    said: list[events.LiftEvent] = []
    for sample in samples:
        said += counter.feed(replace(sample, time=begin + 1.0 + sample.time))
    said += counter.finish()
    reps = [one for one in said if isinstance(one, events.Rep)]
    refused = tuple(one.reason.value for one in said if isinstance(one, events.Refused))
    reads = {name: lasting(samples, read) for name, read in READ.items()}
    told = tuple(
        f"{film.name} {event.start:.1f} s, {event.kind}, "
        f"{'after a practised lift' if after else 'plain'}: {tell(samples, rep, begin + 1.0)}"
        for rep in reps
    )
    return Outcome(film.name, event, after is not None, len(reps), refused, reads, told)


def lasting(samples: Sequence[LiftSample], field: str) -> float:
    """Return the highest level above the rest before it that lasts as long as a hold.

    It is the highest lower quartile of any HOLD_S; S is in lifts of the population.
    """
    times = [sample.time for sample in samples]
    values = np.array([getattr(sample, field) for sample in samples])
    if field == "lift":
        values /= POPULATION_LIFT
    frames = max(1, round(verdict.HOLD_S / float(np.median(np.diff(times)))))
    rest = _median(values[np.array(times) < REST_S - BEFORE_S].tolist())
    windows = np.lib.stride_tricks.sliding_window_view(values, frames)
    known = windows[np.isfinite(windows).mean(axis=1) > 0.5]
    return float(np.max(np.nanpercentile(known, 25, axis=1))) - rest if known.size else math.nan


def tell(samples: Sequence[LiftSample], rep: events.Rep, begin: float) -> str:
    """Return in words what the samples say of a repetition, against the rest before it.

    `begin` is when the first sample was fed, in the times of `rep`.
    """
    held = _middle(samples, rep.apex - begin, rep.offset - begin)
    rest = _middle(samples, 0.0, REST_S - BEFORE_S)
    rose = {name: held[name] - rest[name] for name in held}
    return (
        f"held {rep.hold:.1f} s at {rep.peak:.2f} (left {rep.left:.2f}, right {rep.right:.2f}); "
        f"S rose by {rose['lift'] / POPULATION_LIFT:.2f} of the population's lift, the network's "
        f"sides by {rose['seen_left']:.2f} and {rose['seen_right']:.2f}; the mouth is "
        f"{held['mouth_open']:.2f} open, {rose['mouth_open']:+.2f}; turned by "
        f"{rose['yaw']:+.0f} and {rose['pitch']:+.0f} degrees"
    )


def _middle(samples: Sequence[LiftSample], begin: float, end: float) -> dict[str, float]:
    """Return the medians of what was seen from `begin` to `end`."""
    seen = [one for one in samples if one.face and begin <= one.time <= end]
    names = ("lift", "seen_left", "seen_right", "mouth_open", "yaw", "pitch")
    return {name: _median([getattr(one, name) for one in seen]) for name in names}


def _median(values: Sequence[float]) -> float:
    known = [value for value in values if math.isfinite(value)]
    return float(np.median(known)) if known else math.nan


# The table


def table(found: Sequence[Outcome], alone: Sequence[Outcome]) -> str:
    """Return the table: a row a kind of event, the most often counted first, and their sum.

    `found` is what the device said, `alone` what it would have said by S alone.
    """
    kinds = sorted(
        {one.event.kind for one in found},
        key=lambda kind: (-sum(one.reps for one in found if one.event.kind == kind), kind),
    )
    lines = head(
        [
            *("what is done", "times", "seconds", *READ),
            *("counted, plain", "counted, practised", "counted by S alone", "refused, both"),
        ]
    )
    for kind in kinds:
        lines.append(row([kind.replace("_", " "), *_cells(found, alone, kind)]))
    lines += [row(["**all**", *_cells(found, alone)]), "", f"By all witnesses: {_rate(found)}"]
    return "\n".join([*lines, f"By S alone: {_rate(alone)}"])


def _cells(
    found: Sequence[Outcome], alone: Sequence[Outcome], kind: str | None = None
) -> list[str]:
    of = [one for one in found if kind in (None, one.event.kind)]
    plain = [one for one in of if not one.practised]
    by_s = [one for one in alone if kind in (None, one.event.kind)]
    why = Counter(reason for one in of for reason in one.refused)
    return [
        str(len(plain)),
        f"{sum(_seconds(one) for one in plain):.0f}",
        *(_span([one.reads[name] for one in plain]) for name in READ),
        _counted(of, False),
        _counted(of, True),
        f"{_counted(by_s, False)}; {_counted(by_s, True)}",
        ", ".join(f"`{reason}` {times}" for reason, times in why.most_common()),
    ]


def _counted(of: Sequence[Outcome], practised: bool) -> str:
    reps = [one.reps for one in of if one.practised is practised]
    return f"{sum(reps)} of {len(reps)}" if practised else str(sum(reps))


def _span(reads: Sequence[float]) -> str:
    """Return the median and the most of what was read, of all times it was read at all."""
    known = [one for one in reads if math.isfinite(one)]
    return f"{np.median(known):.2f} / {np.max(known):.2f}" if known else ""


def _rate(found: Sequence[Outcome]) -> str:
    parts = []
    for what, how in (("plain", False), ("after a practised lift", True)):
        of = [one for one in found if one.practised is how]
        reps = sum(one.reps for one in of)
        hours = sum(_seconds(one) + 2 * REST_S for one in of) / 3600
        interval = rate_interval(reps, hours)
        if interval:
            low, high = interval
            counted = f"{reps} {'repetition' if reps == 1 else 'repetitions'}"
            parts.append(
                f"{what}, {counted} in {60 * hours:.0f} minutes with the rests, "
                f"{reps / hours:.1f} an hour ({low:.1f} to {high:.1f})"
            )
    return f"{'; '.join(parts)}."


def _seconds(one: Outcome) -> float:
    return one.event.end - one.event.start


# What was done against what was said


def verdicts(film: Watched) -> Iterator[tuple[str, str]]:
    """Yield what was done, a row of the second table, and what was said of it, for each event.

    It is said after the film's practised lift, which is not asked about, or plain if none can be.
    """
    if not rests(film):
        return
    lift = practised_lift(film)
    for event in film.events:
        if event.kind not in RESTLESS and event is not lift:
            yield _done(event), _said(outcome(film, event, lift))


def _done(event: Event) -> str:
    kind = "short_lift" if event.kind == "lift" and not event.is_held else event.kind
    return next((what for what, of in ROWS.items() if of == kind), ELSE)


def _said(one: Outcome) -> str:
    """Return what was said of an event; of several things it is the repetition, then the last."""
    return COUNTED if one.reps else one.refused[-1] if one.refused else NOTHING


def confusion(films: Sequence[Watched]) -> str:
    """Return the table of what was done against what was said.

    In each cell stands how often by S alone, and then how often by all witnesses.
    """
    by_s = Counter(one for film in films for one in verdicts(by_s_alone(film)))
    by_all = Counter(one for film in films for one in verdicts(film))
    reasons = [reason.value for reason in events.Reason]
    heard = [what for what in reasons if any(what == said for _, said in by_s + by_all)]
    said = [COUNTED, *heard, NOTHING]
    lines = head(["what was done", "times", *(f"`{one}`" if one in heard else one for one in said)])
    for done in (*ROWS, ELSE):
        times = sum(count for (what, _), count in by_all.items() if what == done)
        if times:
            cells = (_before_and_after(by_s[done, one], by_all[done, one]) for one in said)
            lines.append(row([done, str(times), *cells]))
    return "\n".join(lines)


def _before_and_after(before: int, after: int) -> str:
    return f"{before} → {after}" if before or after else ""


# The command


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argument_parser("tools.negatives", __doc__)
    parser.add_argument("folders", metavar="FOLDER", type=Path, nargs="+", help="annotated films")
    parser.add_argument("--traces", metavar="DIR", type=Path, help="what vision saw is kept there")
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE.name}")
    add_jobs(parser)
    options = parser.parse_args(arguments)
    clips = [clip for folder in options.folders for clip in annotated_clips(folder)]
    happening = {clip: read(clip.with_suffix(".json")).events for clip in clips}
    clips = [clip for clip in clips if happening[clip]]
    if not any(_is_asked_for(event) for clip in clips for event in happening[clip]):
        raise ToolError("nothing but lifts and rest is annotated there: name other films")
    seen = dict(spread(functools.partial(watch, traces=options.traces), clips, options.jobs))
    films = [seen[clip] for clip in clips]
    for film in films:
        if not rests(film):
            print(f"{film.name} shows no face at rest and is left out", file=sys.stderr)
    found = [one for film in films for one in outcomes(film)]
    alone = [one for film in films for one in outcomes(by_s_alone(film))]
    rested = sum(bool(rests(film)) for film in films)
    what = f"{rested} {'film' if rested == 1 else 'films'} of {len(films)} with a rest of its own"
    part, against = f"\n{what}.\n\n{table(found, alone)}\n", f"\n{confusion(films)}\n"
    print(part)
    print(against)
    print("\n".join(line for one in found for line in one.told))
    if options.write:
        rewrite(PAGE, PART, part)
        rewrite(PAGE, CONFUSION, against)
    return 0


def _is_asked_for(event: Event) -> bool:
    return event.kind not in LIFTS and event.kind not in RESTLESS


if __name__ == "__main__":
    sys.exit(main())
