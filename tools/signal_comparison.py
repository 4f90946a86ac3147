"""`python -m tools.signal_comparison [CLIPS] [--write]`: what each signal sees of a lift.

Compares S, which is told from the corners of the mouth, with the lift network: how well each tells
holds from rest, by how far off axis the face is; what each reads while something else is done, in
the person's own lifts; and, on heads that move one part of the face at a time, what each sees of
cheeks and mouth.

CLIPS is a folder of annotated clips (LIFTLIGHT_CLIPS, or ../shared/clips); those in folders below
it are read too. A row a film and the tables are printed; `--write` puts the tables, and the plot of
one rendered film, into device/vision.
"""

from __future__ import annotations

import csv
import math
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.camera import Camera, VideoFileCamera
from device.camera.subject import PEOPLE, Subject, SubjectCamera, script
from device.sample import POPULATION_LIFT
from device.vision import Landmarks, LiftNetwork
from tools.clips import clips_folder, face_tracker, models, recorded
from tools.documents import head, rewrite, row
from tools.environment import ROOT, argument_parser, in_one_line
from tools.evaluate.annotations import ANGLES, NOT_SAID, RESTLESS, Annotation, Event, read
from tools.plot import Curve, Panel, plot
from tools.processes import add_jobs, spread

Signal = NDArray[np.float64]
Holds = NDArray[np.bool_]
More = Callable[[Landmarks], Mapping[str, float]]
DOCUMENT = ROOT / "device" / "vision" / "README.md"
COMPARED = ("S", "network", "both")
"""`both` is the mean of S and of what the network sees, in lifts of the population."""
OUTPUTS = ("S", "network", "cheeks")
READ = (*COMPARED, "network, left", "network, right", "cheeks", "opened", "shut")

OTHERS = {
    "talking": ("talking",),
    "chewing, swallowing": ("chewing", "swallow"),
    "yawning, mouth open": ("yawn", "mouth_open", "mouth_parted"),
    "lips pressed, puckered, drawn aside": ("lip_press", "pucker", "mouth_sideways"),
    "coughing, laughing, frowning": ("cough", "laugh_short", "cry_grimace", "frown"),
    "smiling in part": ("sustained_smile", "one_sided_smirk", "partial_lift"),
    "blinks, brows": ("blink", "blink_brow", "brow_raise"),
    "eyes shut, falling asleep": ("eyes_closed", "falling_asleep"),
    "squinting": ("squint", "squint_only"),
    "head turning, nodding, tilting": (
        *("head_turn", "head_tilt", "nodding"),
        *("head_pitch", "head_pitch_up", "head_pitch_down"),
    ),
    "leaning, turning over": ("lean_in", "lean_back", "turning_over"),
    "a hand at the face": ("hand_on_face", "hand_near_face"),
}
"""What is no full lift, by the kinds of events that annotations have."""
PARTS = {
    "lift": "lift_L",
    "cheek_only": "cheek_only",
    "smile_only": "smile_only",
    "squint_only": "squint",
}
"""A lift and its parts: the kinds of events, and the columns of a rendering's table of frames."""
FULL = 0.95
"""What is done further than this share is done in full."""
EASE_S = 0.5
"""A part begins and ends so long before and after it is done in full, seconds."""

WAIT_S = 1.0
"""What is seen before is not compared: the face is only being found, seconds."""
INNER_S = 0.1
"""A hold is compared without this much at either end, seconds."""
BEFORE_S, AFTER_S = 0.3, 0.5
"""A face rests again so long before and after an event, seconds."""
FEWEST_LIFTS = 3
"""A film with fewer lifts has no figures."""
FEWEST_FRAMES = 5
"""Of fewer frames of rest, of holds or of an event nothing is told."""
FRAMES_PER_SECOND = 12.0
"""At which our own subjects are filmed."""
FILMED = ("carl", "dilek", "grace")
"""The subjects of our own who do each part of a lift."""
OWN = "our subject"
"""The group of their films."""
PLOTTED = "e1_offp50p0"
"""The film that is drawn: somebody 50 degrees off axis."""
PLOT = DOCUMENT.with_name("from_the_side.svg")
COLOURS = {"S": "#3b6ea5", "network": "#2f7d4f"}


@dataclass(frozen=True, eq=False)
class Recording:
    """What was seen in one film, and what was done in it.

    `times` are seconds, (n,); `signals` has what is read, by the names of `READ` and of what else
    was asked for, (n,) each, NaN where no face was followed. `group` says where the film is from
    and how far off axis the face is. `rise` is the true rise of the cheeks, mm, where it is known.
    """

    name: str
    group: str
    person: str
    times: Signal
    signals: dict[str, Signal]
    events: tuple[Event, ...]
    in_front: bool = True
    rise: Signal | None = None


def nothing_more(_: Landmarks) -> dict[str, float]:
    """Return what is read of a face besides: nothing."""
    return {}


def record(film: Path | str, more: More = nothing_more) -> Recording:
    """Return what is seen of a clip, or of one of `PEOPLE` who does each part of a lift.

    `more` tells what else is read in a face, by name; the signals have it besides. Raises
    AnnotationError if there is no annotation beside a clip, CallerError if it is no video.
    """
    return _record_person(film, more) if isinstance(film, str) else _record_clip(film, more)


def _record_clip(path: Path, more: More) -> Recording:
    truth = read(path.with_suffix(".json"))
    times, signals = _watch(VideoFileCamera(path), more)
    subject, angle = truth.groups["subject"], truth.groups["angle"]
    folder = path.parent.name
    events, rise = _events(path, truth, times), None
    table = path.with_suffix(".csv")
    if not events and table.exists():
        with table.open(encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))[: len(times)]
        events = _pulses(
            {part: [float(one.get(column, 0)) for one in rows] for part, column in PARTS.items()},
            times,
        )
        sides = [[float(one[f"cheek_mm_{side}"]) for one in rows] for side in "LR"]
        rise = np.mean(sides, axis=0)
    return Recording(
        path.stem,
        folder if angle == NOT_SAID else f"{folder}, {angle}",
        path.stem if subject == NOT_SAID else Path(subject).stem,
        times,
        signals,
        events,
        in_front=angle in (NOT_SAID, next(iter(ANGLES))),
        rise=rise,
    )


def _events(path: Path, truth: Annotation, times: Signal) -> tuple[Event, ...]:
    """Return what happens in a film; one without events does what its name says, after a rest."""
    _, _, named = path.stem.partition("_")
    if truth.events or not any(named in kinds for kinds in OTHERS.values()):
        return truth.events
    return (Event(named, 2.5, float(times[-1])),)


def _record_person(person: str, more: More) -> Recording:
    subject, plan = Subject(PEOPLE[person]), script("components")
    camera = SubjectCamera(plan, fps=FRAMES_PER_SECOND, live=False, subject=subject)
    times, signals = _watch(camera, more)
    states = [plan.at(time) for time in times.tolist()]
    done = {
        "lift": [state.lift_left for state in states],
        "cheek_only": [state.cheek for state in states],
        "smile_only": [state.smile for state in states],
        "squint_only": [state.squint for state in states],
    }
    truths = [subject.truth(state) for state in states]
    rise = np.array([(one.rise_left + one.rise_right) / 2 for one in truths])
    return Recording(person, OWN, person, times, signals, _pulses(done, times), rise=rise)


def _pulses(done: dict[str, list[float]], times: Signal) -> tuple[Event, ...]:
    """Return each part's full efforts as events, from how far it is done in each frame."""
    found = []
    for part, efforts in done.items():
        full = np.flatnonzero(np.array(efforts) > FULL)
        for during in np.split(full, np.flatnonzero(np.diff(full) > 1) + 1):
            if during.size:
                start, end = float(times[during[0]]), float(times[during[-1]])
                found.append(Event(part, start - EASE_S, end + EASE_S, start, end))
    return tuple(found)


def _watch(camera: Camera, more: More) -> tuple[Signal, dict[str, Signal]]:
    tracker, network = face_tracker(), LiftNetwork(models()[2])
    times: list[float] = []
    rows: list[dict[str, float]] = []
    for frame in recorded(camera):
        face = tracker.update(frame.pixels, frame.time)
        figures: dict[str, float] = {}
        if face is not None and tracker.crop is not None:
            seen = network.look(tracker.crop, face)
            s, lift = face.signals.lift, (seen.left + seen.right) / 2
            figures = {
                "S": s,
                "network": lift,
                "both": (s / POPULATION_LIFT + lift) / 2,
                "network, left": seen.left,
                "network, right": seen.right,
                "cheeks": (seen.left_cheek + seen.right_cheek) / 2,
                "opened": seen.opened,
                "shut": seen.shut,
                **more(face),
            }
        times.append(frame.time)
        rows.append(figures)
    names = {*READ}.union(*rows)
    signals = {name: np.array([one.get(name, math.nan) for one in rows]) for name in names}
    return np.array(times), signals


# Figures


@dataclass(frozen=True, slots=True)
class Figures:
    """How well a signal tells holds from rest in one film."""

    apart: float
    """d': the difference of the means over the root of the mean variance."""
    highest: float
    """The 99th percentile of rest, from its median, in full lifts of this film."""
    full: float
    """What a full lift reads: the median hold, from the median of rest, in the signal's unit."""


def holds(film: Recording) -> Holds:
    """Return which frames show a full lift held."""
    found = np.zeros(film.times.shape, np.bool_)
    for lift in _lifts(film):
        found |= _within(film, lift)
    return found


def rests(film: Recording) -> Holds:
    """Return which frames show a face to which nothing happens."""
    found = film.times > WAIT_S
    for event in film.events:
        if event.kind not in RESTLESS:
            begins, ends = event.start - BEFORE_S, event.end + AFTER_S
            found &= (film.times < begins) | (film.times > ends)
    return found


def compare(film: Recording, name: str) -> Figures | None:
    """Return the figures of a signal, or None if there are too few lifts, or no rest, for any."""
    signal = film.signals[name]
    held, rest = _known(signal[holds(film)]), _known(signal[rests(film)])
    if len(_lifts(film)) < FEWEST_LIFTS or min(held.size, rest.size) < FEWEST_FRAMES:
        return None
    still = float(np.median(rest))
    full = float(np.median(held)) - still
    spread_of_both = math.sqrt((float(np.var(held)) + float(np.var(rest))) / 2)
    return Figures(
        apart=(float(np.mean(held)) - float(np.mean(rest))) / max(spread_of_both, 1e-9),
        highest=(float(np.percentile(rest, 99)) - still) / full,
        full=full,
    )


def own_lifts(films: Sequence[Recording], name: str) -> dict[str, float]:
    """Return what a full lift of each person reads in front, by the person's name."""
    found = defaultdict(list)
    for film in films:
        figures = compare(film, name) if film.in_front else None
        if figures:
            found[film.person].append(figures.full)
    return {person: float(np.median(full)) for person, full in found.items()}


def leaks(film: Recording, name: str, kinds: Sequence[str]) -> list[float]:
    """Return the 95th percentile of a signal's distance from rest in each event of these kinds."""
    signal = film.signals[name]
    rest = _known(signal[rests(film)])
    found = []
    for event in film.events:
        during = _known(signal[(film.times > event.start) & (film.times < event.end)])
        if event.kind in kinds and min(rest.size, during.size) >= FEWEST_FRAMES:
            found.append(float(np.percentile(np.abs(during - np.median(rest)), 95)))
    return found


def shares(film: Recording, signal: Signal) -> dict[str, float]:
    """Return the median height of each part's pulses as a share of the lift's own."""
    heights = defaultdict(list)
    for event in film.events:
        heights[event.kind].append(height(film, signal, event))
    middle = {part: float(np.median(heights[part])) for part in PARTS}
    return {part: height / middle["lift"] for part, height in middle.items()}


def height(film: Recording, signal: Signal, event: Event) -> float:
    """Return how far a signal of a film is in an event above where it was just before."""
    before = (film.times > event.start - 0.5) & (film.times < event.start)
    return float(np.nanmedian(signal[_within(film, event)]) - np.nanmedian(signal[before]))


def _lifts(film: Recording) -> list[Event]:
    return [one for one in film.events if one.kind == "lift" and one.hold_start is not None]


def _within(film: Recording, event: Event) -> Holds:
    start, end = event.hold
    return (film.times > start + INNER_S) & (film.times < end - INNER_S)


def _known(values: Signal) -> Signal:
    return np.asarray(values[np.isfinite(values)])


# Tables


def by_angle(films: Sequence[Recording]) -> str:
    """Return how well each signal tells holds from rest, by group of films."""
    found: dict[tuple[str, str], list[Figures]] = defaultdict(list)
    lifted: dict[str, int] = defaultdict(int)
    for film in films:
        lifted[film.group] += len(_lifts(film)) >= FEWEST_LIFTS
        for name in COMPARED:
            figures = compare(film, name)
            if figures:
                found[film.group, name].append(figures)
    lines = head(["films", "followed", "signal", "d'", "highest of rest", "a full lift reads"])
    for group, name in sorted(found, key=lambda of: (place(of[0]), COMPARED.index(of[1]))):
        of = found[group, name]
        first = name == COMPARED[0]
        cells = [group, f"{len(of)} of {lifted[group]}"] if first else ["", ""]
        cells.append(name)
        cells.append(span([one.apart for one in of], 1))
        cells.append(span([one.highest for one in of], 2))
        cells.append(span([one.full for one in of], 2))
        lines.append(row(cells))
    return "\n".join(lines)


def place(group: str) -> tuple[str, float]:
    """Return the key that sorts groups of films: by folder, the nearest to the front first."""
    folder, _, angle = group.partition(", ")
    return folder, ANGLES.get(angle, 0.0)


def by_event(films: Sequence[Recording]) -> str:
    """Return what is read while something else than a full lift is done, a row for each kind."""
    lines = head(["what is done", "times", *COMPARED, "`opened`", "`shut`"])
    own = {name: own_lifts(films, name) for name in COMPARED}
    for what, kinds in OTHERS.items():
        cells = []
        for name in (*COMPARED, "opened", "shut"):
            unmet = POPULATION_LIFT if name == "S" else 1.0
            reads = [
                leak / own.get(name, {}).get(film.person, unmet)
                for film in films
                for leak in leaks(film, name, kinds)
            ]
            if reads:
                cells.append(f"{np.median(reads):.2f} / {np.max(reads):.2f}")
        if cells:
            lines.append(row([what, str(len(reads)), *cells]))
    return "\n".join(lines)


def by_part(films: Sequence[Recording]) -> str:
    """Return what each output sees of the parts of a lift, a row for each head that does them."""
    parts = [part for part in PARTS if part != "lift"]
    lines = head(["head", *(part.replace("_", " ") for part in parts), "with the true rise"])
    for film in films:
        if not {event.kind for event in film.events}.issuperset(PARTS):
            continue
        seen = [shares(film, film.signals[name]) for name in OUTPUTS]
        true = shares(film, film.rise) if film.rise is not None else None
        cells = []
        for part in parts:
            told = f" ({true[part]:.2f})" if true else ""
            cells.append(" / ".join(f"{one[part]:.2f}" for one in seen) + told)
        along = " / ".join(f"{correlation(film, name):.2f}" for name in OUTPUTS) if true else ""
        lines.append(row([film.name, *cells, along]))
    return "\n".join(lines)


def correlation(film: Recording, name: str) -> float:
    """Return the correlation of a signal with the true rise of the cheeks, which must be known."""
    assert film.rise is not None
    signal = film.signals[name]
    known = np.isfinite(signal) & (film.times > WAIT_S)
    return float(np.corrcoef(signal[known], film.rise[known])[0, 1])


def span(values: Sequence[float], digits: int) -> str:
    """Return in words the least, the median and the most of some values, or the only one."""
    ends = (min(values), float(np.median(values)), max(values))
    return " / ".join(f"{value:.{digits}f}" for value in (ends if len(values) > 1 else ends[:1]))


def _line(film: Recording) -> str:
    cells = []
    for name in COMPARED:
        of = compare(film, name)
        if of:
            cells.append(
                f"{name}: d' {of.apart:5.1f}, rest to {of.highest:4.2f}, full {of.full:.2f}"
            )
    return f"{film.name:26} {'; '.join(cells)}"


# The plot


def draw(film: Recording) -> str:
    """Return a picture as SVG: the signals in lifts of this film, 0 at rest; holds are shaded.

    The film must have lifts enough for `compare`.
    """
    curves = []
    for name, colour in COLOURS.items():
        figures = compare(film, name)
        assert figures is not None
        still = np.median(_known(film.signals[name][rests(film)]))
        levels = (film.signals[name] - still) / figures.full
        curves.append(Curve(name, colour, film.times, levels))
    title, last = f"{film.name}, in lifts; shaded: held", float(film.times[-1])
    panel = Panel(title, 0.0, last, [lift.hold for lift in _lifts(film)], curves)
    return plot(f"{film.name}: S and the lift network, the true holds shaded", [panel])


# The command


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argument_parser("tools.signal_comparison", __doc__)
    parser.add_argument("folder", metavar="CLIPS", type=Path, nargs="?")
    parser.add_argument("--write", action="store_true", help="put the tables into device/vision")
    add_jobs(parser)
    options = parser.parse_args(arguments)
    folder = clips_folder(options.folder)
    todo: list[Path | str] = [*sorted(folder.rglob("*.mp4")), *FILMED]
    made = {}
    for item, film in spread(record, todo, options.jobs):
        made[item] = film
        print(_line(film), flush=True)
    films = [made[item] for item in todo]
    tables = {"angles": by_angle(films), "events": by_event(films), "parts": by_part(films)}
    print("\n\n".join(["", *tables.values()]))
    if options.write:
        for name, table in tables.items():
            rewrite(DOCUMENT, name, table)
        for film in films:
            if film.name == PLOTTED:
                PLOT.write_text(draw(film), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
