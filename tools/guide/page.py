"""The page: what the panel plays, drawn and to be played, and what the guide says about it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from gettext import NullTranslations
from pathlib import Path
from typing import Any

from markupsafe import Markup

from device import stand
from device.coach import cues, device_states, exercises, rest
from device.language import ENGLISH, LANGUAGES, say, translations
from device.panel import pattern, patterns
from device.sync.report import words as report_words
from tools.documents import html_page
from tools.environment import ROOT
from tools.guide import faces, session, words
from tools.stand import PLACES, small_picture

OUT = ROOT / "device" / "panel"
"""The folder in which the guide lies, a file for each language."""
DOMAIN = "guide"
_HERE = Path(__file__).parent
LOCALE = _HERE / "locale"

_RHYTHM_WIDTH, _RHYTHM_HEIGHT = 92.0, 16.0
_LONGEST_S = 2.6
"""The longest rhythm that is drawn to the common scale, seconds."""
_LOW_HZ, _HIGH_HZ = 250.0, 1000.0
_STEADY_S = 4.0
"""What a light that stays is shortened to when its line plays, seconds."""
_STAYS_S = 2.0
"""How long the last picture of a line is seen that stays until something else comes, seconds."""
_MASSAGE = (cues.CueKind.MASSAGE, cues.CueKind.MASSAGE_TURN)
_ON_PAGE_ONE = (
    patterns.AIMS[cues.Aim.SEARCHING],
    patterns.SESSION[cues.CueKind.REST],
    patterns.SESSION[cues.CueKind.LIFT],
    patterns.SESSION[cues.CueKind.HOLD_REACHED],
    patterns.SESSION[cues.CueKind.LET_GO],
    patterns.rep(3),
    patterns.SESSION[cues.CueKind.NOT_COUNTED],
    patterns.SESSION[cues.CueKind.DONE],
)
"""One cue for each of the few sounds: what one meets in any session, in the order of `SOUNDS`."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """One unbroken sound in the picture of a rhythm: from one height to another."""

    x: float
    width: float
    begins: float
    ends: float


@dataclass(frozen=True, slots=True)
class Line:
    """One cue: its pattern, how bright each of its lamps is at most, and its rhythm."""

    pattern: pattern.Pattern
    lamps: tuple[float, ...]
    rhythm: tuple[Stroke, ...]


@dataclass(frozen=True, slots=True)
class FaultLine:
    """One fault: its number, what it means, and what a person without a computer can do."""

    number: int
    means: str
    helps: str
    line: Line


def session_lines() -> list[Line]:
    """Return the cues of page 1, one for each of the few sounds."""
    return [_line(shape) for shape in _ON_PAGE_ONE]


def other_lines() -> dict[str, list[Line]]:
    """Return every other cue a person may meet but the faults, by when they meet it."""
    inside = [shape for kind, shape in patterns.SESSION.items() if kind not in _MASSAGE]
    massage = [patterns.SESSION[kind] for kind in _MASSAGE]
    rest_days = [patterns.rest_day(1), patterns.rest_day(1, stay_on=True)]
    sound = [patterns.QUIET_ON, patterns.QUIET_OFF]
    groups = {
        "aims": list(patterns.AIMS.values()),
        "session": inside,
        "outside": list(patterns.OUTSIDE.values()),
        "any_day": [*rest_days, *massage, *sound],
    }
    return {
        name: [_line(shape) for shape in shapes if shape not in _ON_PAGE_ONE]
        for name, shapes in groups.items()
    }


def fault_lines() -> list[FaultLine]:
    """Return the faults by their number, with what a person without a computer can do."""
    lines = []
    for kind, (number, means) in patterns.FAULTS.items():
        shape = patterns.fault(kind)
        # What is drawn is the number; it stays lit longest.
        count = max(shape.lights, key=lambda step: step.seconds).levels
        lines.append(
            FaultLine(
                number, means, report_words.FAULTS[kind].cure, Line(shape, count, _rhythm(shape))
            )
        )
    return lines


def _line(shape: pattern.Pattern) -> Line:
    lamps = tuple(max(step.levels[lamp] for step in shape.lights) for lamp in pattern.Lamp)
    return Line(shape, lamps, _rhythm(shape))


def _rhythm(shape: pattern.Pattern) -> tuple[Stroke, ...]:
    scale = _RHYTHM_WIDTH / max(_LONGEST_S, shape.sound_seconds)
    now, strokes = 0.0, []
    for burst in pattern.bursts(shape.melody):
        now += burst.silence_before
        begins, ends = _height(burst.frequencies[0]), _height(burst.frequencies[-1])
        strokes.append(Stroke(now * scale, burst.seconds * scale, begins, ends))
        now += burst.seconds
    return tuple(strokes)


def _height(frequency: float) -> float:
    share = (frequency - _LOW_HZ) / (_HIGH_HZ - _LOW_HZ)
    return _RHYTHM_HEIGHT * (1 - min(max(share, 0.05), 0.95))


def plays(say: Callable[[str], str]) -> dict[str, Any]:
    """Return what the page plays, by the name of a pattern, as guide.js reads it.

    A light is its seconds, the seven levels, and whether it is a fade; a tone is its hertz and
    seconds. `session` is the session that is watched, and `told` what is told beside it,
    as `say` says it.
    """
    shown = [
        *session_lines(),
        *(line for lines in other_lines().values() for line in lines),
        *(fault.line for fault in fault_lines()),
    ]
    played = {line.pattern.name: _play(line.pattern) for line in shown}
    one = session.session()
    lights, tones = session.lights(list(session.played(one)))
    told = [[round(told.at, 2), say(told.words), *faces.corner(told.face)] for told in one.told]
    return {"lines": played, "session": _steps(lights, tones) | {"told": told}}


def _play(shape: pattern.Pattern) -> dict[str, Any]:
    lights = [replace(step, seconds=min(step.seconds, _STEADY_S)) for step in shape.lights]
    if shape.stay is pattern.Stay.BACKGROUND and not shape.repeats:  # Its last picture stays.
        lights.append(pattern.LightStep(_STAYS_S, lights[-1].levels))
    return _steps(lights, shape.melody) | {"repeats": shape.repeats}


def _steps(
    lights: Iterable[pattern.LightStep], tones: Iterable[pattern.ToneStep]
) -> dict[str, Any]:
    return {
        "lights": [
            [
                round(step.seconds, 3),
                [round(level, 2) for level in step.levels],
                int(step.fade),
            ]
            for step in lights
        ],
        "tones": [[round(tone.frequency, 1), round(tone.seconds, 3)] for tone in tones],
    }


def file_name(language: str) -> str:
    """Return the name of the guide's file in a language, a code of LANGUAGES."""
    return "guide.html" if language == ENGLISH else f"guide.{language}.html"


def catalogue(language: str) -> NullTranslations:
    """Return what the guide says in a language: its own words, and those of the device."""
    own = translations(language, DOMAIN, LOCALE)
    own.add_fallback(translations(language))
    return own


def page(language: str = ENGLISH) -> str:
    """Return the guide in a language, a code of LANGUAGES."""
    gettext = catalogue(language).gettext

    def said(text: str) -> str:
        return str(say(text, gettext))

    dose, grammars = exercises.CHEEK_LIFTER.dose, device_states.GRAMMARS
    stop_s = grammars[device_states.DeviceState.SESSION].hold
    figures = {
        "reps": dose.reps,
        "lifts": dose.lifts,
        "minutes": round(dose.length / 60),
        "sessions": rest.WEEK_SESSIONS,
        "stop_s": round(stop_s),
        "hurts_s": round(stop_s + device_states.HURTS_HELD_S),
        "within_s": round(device_states.HURTS_WITHIN_S),
        "off_s": round(grammars[device_states.DeviceState.READY].hold),
        "distance": round(stand.DISTANCE_CM),
    }
    own_style, script = (
        (_HERE / name).read_text(encoding="utf-8") for name in ("guide.css", "guide.js")
    )
    data = json.dumps(plays(said), separators=(",", ":")).replace("<", "\\u003c")
    return html_page(
        _HERE / "guide.html",
        say=said,
        language=language,
        languages=LANGUAGES,
        file_name=file_name,
        words=words,
        figures=figures,
        face=faces,
        sheet=base64.b64encode(faces.OUT.read_bytes()).decode(),
        places={
            said(one.short): Markup(
                small_picture(
                    one,
                    said(words.PICTURE).format(place=said(one.short), distance=figures["distance"]),
                )
            )
            for one in PLACES
        },
        sounds=patterns.SOUNDS,
        rule=patterns.RULE,
        session_lines=session_lines(),
        other_lines=other_lines(),
        faults=fault_lines(),
        shown_lifts=session.LIFTS,
        own_style=Markup(own_style),
        script=Markup(script),
        script_hash=_hash(script),
        data=Markup(data.replace('},"', '},\n"')),
    )


def _hash(script: str) -> str:
    """Return how a content security policy names this one script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"
