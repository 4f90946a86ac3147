"""What a pattern is made of: pictures of the lights over time, and a phrase of few sounds.

A picture is written as a person would draw it: `##... g.` is two lights of the hold bar lit, green
lit, amber dark. A melody is one line of text: `D5s , G5l` is a short D5, a short silence, and a
long G5. Notes without a comma between them run into one another and are heard as one sliding sound.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from gpiozero.tones import Tone

from device.language import N_, Told


class Lamp(enum.IntEnum):
    """The lights that patterns may use, in the order of a picture.

    The camera's light is not among them: but for the panel's own test, it only ever shows whether
    the camera is on.
    """

    HOLD_1 = 0
    HOLD_2 = 1
    HOLD_3 = 2
    HOLD_4 = 3
    HOLD_5 = 4
    READY = 5
    REST = 6


BAR = (Lamp.HOLD_1, Lamp.HOLD_2, Lamp.HOLD_3, Lamp.HOLD_4, Lamp.HOLD_5)
"""The lights of the hold bar, the first to fill first."""

Levels = tuple[float, ...]
"""The brightness of each lamp, 0 to 1, indexed by Lamp."""

DARK: Levels = (0.0,) * len(Lamp)

SOUND_S = {"s": 0.09, "m": 0.18, "l": 0.36}
"""How long a short, a medium and a long note sound, in seconds: each twice as long as the last."""

SILENCE_S = {",": 0.09, ";": 0.18}
"""How long the silences within a sound are, in seconds."""

TWICE_S = 0.36
"""How long the silence is between a sound and the same sound again, in seconds."""

NUMBER_S = 0.54
"""How long the silence is before each note of a number, in seconds: long enough to count along, and
longer than any silence within a sound."""

SCALE = ("G4", "A4", "B4", "C5", "D5", "E5", "F#5", "G5", "A5", "B5")
"""The notes of the numbers 1 to 10, the first lowest. The highest is below 1000 Hz, where ears that
lost the high tones still hear."""


@dataclass(frozen=True, slots=True)
class ToneStep:
    """One step of a melody: a tone of `frequency` hertz for `seconds`; 0 hertz is silence."""

    frequency: float
    seconds: float


@dataclass(frozen=True, slots=True)
class LightStep:
    """One step of a pattern's lights: `levels` for `seconds`.

    The lamps take these levels at once; in a `fade` they reach them at the end of the step.
    """

    seconds: float
    levels: Levels
    fade: bool = False


class Stay(enum.Enum):
    """How long a pattern is shown, and what it does to the one that was shown before."""

    BACKGROUND = "shows until another background or an ending comes"
    OVERLAY = "shows over the background, which then comes back"
    ENDING = "shows once, and leaves the panel dark"


@dataclass(frozen=True, slots=True)
class Sound:
    """One of the few sounds that a person learns: its melody, what it says, and how it is heard.

    `name` is what the guide calls it.
    """

    name: str
    melody: tuple[ToneStep, ...]
    says: str
    heard: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a cue says by sound: one of the few sounds, once or `twice`, then a `number` of notes.

    Two phrases that are equal sound the same, and so ask for the same thing.
    """

    sound: Sound
    twice: bool = False
    number: int = 0

    @property
    def melody(self) -> tuple[ToneStep, ...]:
        """The whole phrase as tones and silences."""
        steps = list(self.sound.melody)
        if self.twice:
            steps += [ToneStep(0.0, TWICE_S), *self.sound.melody]
        for note in SCALE[: self.number]:
            steps += [ToneStep(0.0, NUMBER_S), *melody(f"{note}s")]
        return tuple(steps)

    @property
    def words(self) -> str:
        """The phrase in words, such as `relax, twice, then 2 short notes`."""
        said = self.sound.name
        if self.twice:
            said = Told("{sound}, twice", sound=said)
        if self.number == 1:
            return Told("{sound}, then 1 short note", sound=said)
        if self.number:
            return Told("{sound}, then {n} short notes", sound=said, n=self.number)
        return said


@dataclass(frozen=True, slots=True)
class Pattern:
    """How one cue looks and sounds, as data, with what it means in plain words.

    `repeats` plays the lights over and over; the phrase always plays once, and None is silence. An
    `urgent` pattern cuts short whatever is playing; the others wait until it is over. `means` and
    `looks` describe the pattern for the guide, the README and the terminal.
    """

    name: str
    stay: Stay
    lights: tuple[LightStep, ...]
    phrase: Phrase | None
    means: str
    looks: str
    repeats: bool = False
    urgent: bool = False

    @property
    def light_seconds(self) -> float:
        """How long the lights take, once through, in seconds."""
        return sum(step.seconds for step in self.lights)

    @property
    def melody(self) -> tuple[ToneStep, ...]:
        """What sounds, as tones and silences; empty for nothing."""
        return () if self.phrase is None else self.phrase.melody

    @property
    def sounds(self) -> str:
        """What sounds, in words."""
        return N_("no sound") if self.phrase is None else self.phrase.words

    @property
    def sound_seconds(self) -> float:
        """How long the melody takes, in seconds."""
        return sum(step.seconds for step in self.melody)


def picture(drawn: str) -> Levels:
    """Read a picture such as `##... g.`: five lights of the bar, green, amber."""
    lamps = drawn.replace(" ", "")
    assert len(lamps) == len(Lamp), f"{drawn!r} does not have {len(Lamp)} lamps"
    return tuple(0.0 if lamp == "." else 1.0 for lamp in lamps)


def steady(seconds: float, drawn: str) -> LightStep:
    """Return the step that shows a picture for some seconds."""
    return LightStep(seconds, picture(drawn))


def fade(seconds: float, drawn: str) -> LightStep:
    """Return the step that changes to a picture gradually, within some seconds."""
    return LightStep(seconds, picture(drawn), fade=True)


def sequence(seconds: float, *drawn: str) -> tuple[LightStep, ...]:
    """Return the steps that show one picture after another, each for some seconds."""
    return tuple(steady(seconds, one) for one in drawn)


def melody(written: str) -> tuple[ToneStep, ...]:
    """Read a melody such as `D5s , G5l`."""
    return tuple(
        ToneStep(0.0, SILENCE_S[word])
        if word in SILENCE_S
        else ToneStep(Tone.from_note(word[:-1]).frequency, SOUND_S[word[-1]])
        for word in written.split()
    )


@dataclass(frozen=True, slots=True)
class Burst:
    """One unbroken sound, of notes that run into one another, as an ear counts them.

    `seconds` is how long it sounds, `silence_before` how long nothing sounded before it.
    """

    seconds: float
    silence_before: float
    frequencies: tuple[float, ...]


def bursts(melody: tuple[ToneStep, ...]) -> tuple[Burst, ...]:
    """Return a melody as the ear hears it, sound by sound."""
    heard: list[Burst] = []
    frequencies: tuple[float, ...] = ()
    silence = seconds = 0.0
    for step in (*melody, ToneStep(0.0, 0.0)):
        if step.frequency:
            seconds, frequencies = seconds + step.seconds, (*frequencies, step.frequency)
            continue
        if seconds:
            heard.append(Burst(seconds, silence, frequencies))
            silence, seconds, frequencies = 0.0, 0.0, ()
        silence += step.seconds
    return tuple(heard)
