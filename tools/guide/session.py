"""A whole session in a minute, to be watched and heard: the panel's own scheduler plays it.

It is made up and shortened, but its cues come in the coach's order and at its pace.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from device import language
from device.coach import cues, exercises
from device.panel import pattern, patterns, scheduler
from tools.guide import words
from tools.guide.faces import Face

_TIMING = exercises.CHEEK_LIFTER.timing
_GAUGE_S = 0.1
"""How often the bar is filled during a hold, seconds."""
_ANSWER_S, _RISE_S, _FALL_S = 0.5, 0.7, 0.9
"""How long a person takes to answer a cue, to lift, and to let go, seconds."""
_EARLY = 0.4
"""The share of a hold after which the lift that is not counted is let go."""
_LINGER_S = 5.0
"""How long the last cue is seen, seconds: longer than it takes."""
_REPS = (1, 2, 3, exercises.CHEEK_LIFTER.dose.reps)
"""The repetitions that are shown, by their number."""
_NOT_COUNTED_AFTER = 1
_LEFT_OUT_AFTER = 3

LIFTS = len(_REPS) + 2
"""The lifts that are shown: the repetitions, the practised one and one that does not count."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is told at a time, seconds, and the face that is seen from then on."""

    at: float
    words: str
    face: Face


@dataclass
class Session:
    """What happens, in seconds since the session began: cues, filled bar, the press, and words."""

    shown: list[tuple[float, cues.Cue]] = field(default_factory=list)
    gauges: list[tuple[float, float]] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    pressed: float = 0.0
    now: float = 0.0

    def tell(self, name: str, face: Face, **figures: int) -> None:
        """Tell something now."""
        self.told.append(Told(self.now, language.Told(words.TOLD[name], **figures), face))

    def show(self, kind: cues.CueKind, *, aim: cues.Aim | None = None, count: int = 0) -> None:
        """Show a cue now."""
        self.shown.append((self.now, cues.Cue(kind, self.now, aim=aim, count=count)))

    def lift(self, hold: float) -> None:
        """Lift and hold for the share `hold` of what is asked, filling the bar."""
        self.now += _ANSWER_S
        begins = self.now + _RISE_S
        self.told.append(Told(begins, words.TOLD["hold"], Face.HOLDS))
        steps = round(hold * _TIMING.hold / _GAUGE_S)
        self.gauges += [
            (begins + step * _GAUGE_S, step * _GAUGE_S / _TIMING.hold)
            for step in range(1, steps + 1)
        ]
        self.now = begins + hold * _TIMING.hold

    def sink(self) -> None:
        """Let go: the bar is empty again."""
        self.now += _FALL_S
        self.gauges.append((self.now, 0.0))


def session() -> Session:
    """Return what happens in the session that is shown."""
    one = Session()
    one.show(cues.CueKind.READY)
    one.tell("ready", Face.READY)
    one.pressed = one.now = 3.0
    one.show(cues.CueKind.FIND_FACE, aim=cues.Aim.SEARCHING)
    one.tell("looking", Face.READY)
    one.now += 2.5
    one.show(cues.CueKind.FIND_FACE, aim=cues.Aim.FOUND)
    one.show(cues.CueKind.REST)
    one.tell("found", Face.FINGERS)
    one.now += _TIMING.rest + 1.0
    one.show(cues.CueKind.PRACTISE)
    one.tell("practise", Face.RISES)
    _held(one)
    for number in _REPS:
        one.now += _TIMING.relax
        one.show(cues.CueKind.LIFT)
        one.tell("lift", Face.RISES)
        _held(one)
        one.show(cues.CueKind.REP, count=number)
        one.tell("counted", Face.RELAXED, number=number)
        if number == _NOT_COUNTED_AFTER:
            _let_go_early(one)
        if number == _LEFT_OUT_AFTER:
            one.now += _TIMING.relax
            one.tell("more", Face.RELAXED)
            one.now += _TIMING.relax
    one.show(cues.CueKind.DONE)
    one.now += _TIMING.relax
    one.tell("done", Face.READY)
    one.now += _LINGER_S
    return one


def _held(one: Session) -> None:
    one.lift(1.0)
    one.show(cues.CueKind.HOLD_REACHED)
    one.tell("enough", Face.HOLDS)
    one.now += _TIMING.let_go - _TIMING.hold
    one.show(cues.CueKind.LET_GO)
    one.tell("let_go", Face.SINKS)
    one.sink()


def _let_go_early(one: Session) -> None:
    one.now += _TIMING.relax
    one.show(cues.CueKind.LIFT)
    one.tell("lift", Face.RISES)
    one.lift(_EARLY)
    one.sink()
    one.show(cues.CueKind.NOT_COUNTED)
    one.tell("early", Face.RELAXED)


def played(one: Session) -> Iterator[tuple[float, scheduler.Outputs]]:
    """Yield what the panel puts out in a session, and for how long, seconds."""
    panel = scheduler.Scheduler()
    doings: list[tuple[float, cues.Cue | float | None]] = [
        *one.shown,
        *one.gauges,
        (one.pressed, None),
    ]
    doings.sort(key=lambda doing: doing[0])
    outputs = [(0.0, scheduler.SILENT_AND_DARK)]
    now = 0.0
    while now < one.now:
        while doings and doings[0][0] <= now:
            match doings.pop(0)[1]:
                case None:
                    panel.press(now)
                case cues.Cue() as cue:
                    panel.show(patterns.pattern_of(cue), now)
                case fraction:
                    panel.gauge(fraction)
        outputs.append((now, panel.tick(now)))
        due = panel.next_deadline(now)
        now = min(at for at in (due, doings[0][0] if doings else None, one.now) if at is not None)
    outputs.append((one.now, scheduler.SILENT_AND_DARK))
    for (begins, shown), (ends, _) in itertools.pairwise(outputs):
        if ends > begins:
            yield ends - begins, shown


def lights(
    shown: list[tuple[float, scheduler.Outputs]],
) -> tuple[list[pattern.LightStep], list[pattern.ToneStep]]:
    """Return the outputs of a panel as steps of light and of sound, each as long as it lasts."""
    lit: list[pattern.LightStep] = []
    tones: list[pattern.ToneStep] = []
    for levels, some in itertools.groupby(shown, key=lambda output: output[1].levels):
        lit.append(pattern.LightStep(sum(seconds for seconds, _ in some), levels))
    for tone, some in itertools.groupby(shown, key=lambda output: output[1].tone):
        tones.append(pattern.ToneStep(tone, sum(seconds for seconds, _ in some)))
    return lit, tones
