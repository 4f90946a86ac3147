"""`python -m tools.sound_distances`: how unlike the panel's sounds are, in device/panel/README.md.

The distance of two sounds is what it takes to turn one into the other, in edits: the edit distance
of their rhythms plus that of their contours.

- A rhythm is the lengths of its tones and pauses in turn. One tone or pause more or less is one
  edit, and so is one that lasts twice or half as long: lengths are heard by their ratio. The edit
  distance predicts how alike people judge two rhythms (Post and Toussaint, 2011, r = 0.87).
- A contour is whether each note is higher than the one before it, lower, or the same (Parsons,
  1975). One step more, less or other is one edit. Rhythm and then contour are what makes two
  melodies seem alike (Prince, 2014).

A sound played backwards counts as the same sound: mirror images are mistaken for each other.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from device.panel import pattern, patterns
from tools.documents import bring_up_to_date, head, row
from tools.environment import ROOT, argument_parser

README = ROOT / "device" / "panel" / "README.md"

LEAST = 2.0
"""The least distance, in edits, of two sounds that ask for different things, by rhythm alone: one
tone and its pause more, or one tone four times as long. A fifth less, 1.6, would let two tones be
told apart by a length of three to one; a fifth more, 2.4, would forbid a number to be told from the
next by one note."""

LOST_ABOVE_HZ = 1000.0
"""Ears that lost the high tones hear nothing above this, in hertz: a severe loss, for age takes the
tones above 2000 Hz first (ISO 7029). With a fifth less, 800 Hz, only the numbers 9 and 10 lose a
note; with a fifth more nothing does."""

_Item = TypeVar("_Item", bound=Hashable)
Melody = tuple[pattern.ToneStep, ...]


def distance(first: Melody, second: Melody) -> float:
    """Return the distance of two melodies, in edits, for ears that hear rhythm and pitch."""
    return min(
        _edits(_rhythm(first), _rhythm(other), _length_edits)
        + _edits(_contour(first), _contour(other), _step_edits)
        for other in (second, second[::-1])
    )


def rhythm_distance(first: Melody, second: Melody) -> float:
    """Return the distance of two melodies, in edits, for ears that hear no pitch."""
    return min(
        _edits(_rhythm(first), _rhythm(other), _length_edits) for other in (second, second[::-1])
    )


def heard_below(hertz: float, melody: Melody) -> Melody:
    """Return what is left of a melody for ears that hear nothing above `hertz`."""
    return tuple(
        step if step.frequency <= hertz else pattern.ToneStep(0.0, step.seconds) for step in melody
    )


def _rhythm(melody: Melody) -> list[tuple[bool, float]]:
    """Return the tones and pauses in turn: whether it sounds, and for how many seconds."""
    parts = [
        part
        for burst in pattern.bursts(melody)
        for part in ((False, burst.silence_before), (True, burst.seconds))
    ]
    return parts[1:]


def _contour(melody: Melody) -> list[int]:
    """Return 1 for each step up from note to note, -1 for each down, 0 for each that stays."""
    pitches = [step.frequency for step in melody if step.frequency]
    return [(after > before) - (after < before) for before, after in itertools.pairwise(pitches)]


def _length_edits(one: tuple[bool, float], other: tuple[bool, float]) -> float:
    if one[0] != other[0]:
        return 2.0
    return abs(math.log2(one[1] / other[1]))


def _step_edits(one: int, other: int) -> float:
    return float(one != other)


def _edits(
    first: Sequence[_Item], second: Sequence[_Item], change: Callable[[_Item, _Item], float]
) -> float:
    """Return the edit distance of two sequences, where `change` says what a substitution costs."""
    before = [float(n) for n in range(len(second) + 1)]
    for taken, one in enumerate(first, 1):
        now = [float(taken)]
        for at, other in enumerate(second):
            now.append(min(now[at] + 1, before[at + 1] + 1, before[at] + change(one, other)))
        before = now
    return before[-1]


def phrases() -> list[pattern.Phrase]:
    """Return everything the panel can say by sound, once each; `good` with one number only."""
    said = dict.fromkeys(shape.phrase for shape in patterns.all_patterns().values())
    return [
        phrase
        for phrase in said
        if phrase is not None and (phrase.sound.name != "good" or phrase.sound in patterns.SOUNDS)
    ]


def sound_table() -> str:
    """Return the table of the few sounds, in Markdown."""
    rows = [*head(["sound", "says", "heard"])]
    rows += (row([sound.name, sound.says, sound.heard]) for sound in patterns.SOUNDS)
    return "\n".join([*rows, "", f"**The rule**: {patterns.RULE}"]) + "\n"


def distance_table() -> str:
    """Return how far the sounds are apart, and how far all phrases are at least, in Markdown."""
    names = [sound.name for sound in patterns.SOUNDS]
    rows = head(["", *names[:-1]])
    for at, sound in enumerate(patterns.SOUNDS[1:], 1):
        cells = [_cell(sound.melody, other.melody) for other in patterns.SOUNDS[:at]]
        rows.append(row([sound.name, *cells, *[""] * (len(names) - 1 - at)]))
    pairs = list(itertools.combinations([phrase.melody for phrase in phrases()], 2))
    least = min(distance(*pair) for pair in pairs)
    by_rhythm = [rhythm_distance(*pair) for pair in pairs]
    close = sum(edits < 1.2 * LEAST for edits in by_rhythm)
    highest = max(step.frequency for phrase in phrases() for step in phrase.melody)
    said = (
        f"Of all {len(pairs)} pairs of phrases, numbers among them, the closest are {least:.1f} "
        f"edits apart, and {min(by_rhythm):.1f} by rhythm alone, where {close} pairs are within a "
        f"fifth of that. The highest note is {highest:.0f} Hz."
    )
    return "\n".join([*rows, "", said]) + "\n"


def _cell(first: Melody, second: Melody) -> str:
    return f"{distance(first, second):.0f} ({rhythm_distance(first, second):.0f})"


PARTS = {"sounds": sound_table, "distances": distance_table}


def main() -> int:
    """Write the tables; return the exit code."""
    argument_parser("tools.sound_distances", __doc__).parse_args()
    return bring_up_to_date(README, PARTS)


if __name__ == "__main__":
    sys.exit(main())
