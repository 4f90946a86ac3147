"""What a pattern is made of: pictures of the lights over time, and a melody.

A picture is a word a person can read: `##... g.` is two lights of the hold bar, green lit, amber
dark. A melody is one line: `C5s , G5l` is a short C5, a short silence, a long G5; notes without a
comma between them run into one another and are heard as one sliding sound.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from gpiozero.tones import Tone


class Lamp(enum.IntEnum):
    """The lights that patterns may use, in the order of a picture.

    The camera's light is not among them: it says one thing only, and always the truth.
    """

    HOLD_1 = 0
    HOLD_2 = 1
    HOLD_3 = 2
    HOLD_4 = 3
    HOLD_5 = 4
    READY = 5
    REST = 6


BAR = (Lamp.HOLD_1, Lamp.HOLD_2, Lamp.HOLD_3, Lamp.HOLD_4, Lamp.HOLD_5)

Levels = tuple[float, ...]
"""How bright each lamp is, 0 to 1, indexed by Lamp."""

DARK: Levels = (0.0,) * len(Lamp)

SECONDS = {"s": 0.09, "m": 0.25, "l": 0.36}
"""How long a short, a middling and a long note sound."""

SILENCES = {",": 0.09, ";": 0.36, ";;": 0.72}
"""How long the pauses between notes are."""


@dataclass(frozen=True, slots=True)
class Note:
    """`frequency` in hertz for `seconds`; 0 hertz is a silence."""

    frequency: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Step:
    """`levels` for `seconds`: at once, or reached gradually over that time if it is a `fade`."""

    seconds: float
    levels: Levels
    fade: bool = False


class Stay(enum.Enum):
    """How long a pattern is there, and what it does to the one before it."""

    STATE = "stays until another state or an ending comes"
    MOMENT = "shows over the state, which then comes back"
    ENDING = "shows, and leaves the panel dark"


@dataclass(frozen=True, slots=True)
class Pattern:
    """How one thing looks and sounds, and what it means, in data and in plain words.

    `repeats` plays the lights over and over, the melody never. `urgent` cuts short whatever is
    playing, because its moment is now; the others wait their turn.
    """

    name: str
    stay: Stay
    steps: tuple[Step, ...]
    melody: tuple[Note, ...]
    means: str
    looks: str
    sounds: str
    repeats: bool = False
    urgent: bool = False

    @property
    def light_seconds(self) -> float:
        """How long the pictures take, once through."""
        return sum(step.seconds for step in self.steps)

    @property
    def sound_seconds(self) -> float:
        """How long the melody takes."""
        return sum(note.seconds for note in self.melody)


def picture(drawn: str) -> Levels:
    """Read a picture such as `##... g.`: five lights of the bar, green, amber."""
    lamps = drawn.replace(" ", "")
    assert len(lamps) == len(Lamp), f"{drawn!r} does not have {len(Lamp)} lamps"
    return tuple(0.0 if lamp == "." else 1.0 for lamp in lamps)


def hold(seconds: float, drawn: str) -> Step:
    """Show a picture for some seconds."""
    return Step(seconds, picture(drawn))


def run(seconds: float, *drawn: str) -> tuple[Step, ...]:
    """Show one picture after another, each for some seconds."""
    return tuple(hold(seconds, one) for one in drawn)


def fade(seconds: float, drawn: str) -> Step:
    """Change to a picture gradually."""
    return Step(seconds, picture(drawn), fade=True)


def melody(written: str) -> tuple[Note, ...]:
    """Read a melody such as `C5s , G5l`."""
    return tuple(
        Note(0.0, SILENCES[word])
        if word in SILENCES
        else Note(Tone.from_note(word[:-1]).frequency, SECONDS[word[-1]])
        for word in written.split()
    )


@dataclass(frozen=True, slots=True)
class Burst:
    """One unbroken sound: notes that run into one another. What an ear counts."""

    seconds: float
    silence_before: float
    frequencies: tuple[float, ...]


def bursts(notes: tuple[Note, ...]) -> tuple[Burst, ...]:
    """Return a melody as the ear hears it, sound by sound."""
    heard: list[Burst] = []
    frequencies: tuple[float, ...] = ()
    silence = seconds = 0.0
    for note in (*notes, Note(0.0, 0.0)):
        if note.frequency:
            seconds, frequencies = seconds + note.seconds, (*frequencies, note.frequency)
            continue
        if seconds:
            heard.append(Burst(seconds, silence, frequencies))
            silence, seconds, frequencies = 0.0, 0.0, ()
        silence += note.seconds
    return tuple(heard)
