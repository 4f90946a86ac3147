"""Invented people and what their faces do: the samples that the lift network is taught on.

A person is what `person.Person` takes: the seed of a shape, colours, age, hair, and how this person
lifts. An expression is a set of blendshape weights with its labels. Everything is drawn from one
generator, so the same seed gives the same people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LABELS = (
    "lift_left", "lift_right", "cheek_left", "cheek_right", "mouth_left", "mouth_right",
    "open", "shut",
)  # fmt: skip
"""What each expression is labelled with. The first six are fractions of this person's own full
lift: what the cheeks do, what the corners of the mouth do, and the mean of both, each side. `open`
is how far the jaw or the lips are open, `shut` how far the eyes are, 0 to 1."""

_SIDES = ("_L", "_R")
_CHEEK = ("cheekSquint", "cheekRaiser", "eyeSquint")
"""The blendshapes of a lift that move the cheeks; the others move the mouth."""
_HAIR = ((0.02, 0.015, 0.01), (0.10, 0.05, 0.02), (0.3, 0.2, 0.1), (0.55, 0.53, 0.50),
         (0.008, 0.007, 0.006))  # fmt: skip
_LIGHT_SKIN, _DARK_SKIN = np.array([0.62, 0.42, 0.33]), np.array([0.09, 0.05, 0.035])
_HABITS = (
    "mouthFrown", "browDown", "eyeSquint", "eyeWide", "browOuterUp", "mouthDimple", "mouthPress",
)  # fmt: skip

KINDS = {
    "lift": 0.21, "uneven": 0.14, "one side": 0.08, "rest": 0.10, "cheeks only": 0.08,
    "mouth only": 0.07, "teeth": 0.06, "open": 0.05, "talk": 0.07, "squint": 0.03, "press": 0.03,
    "pout": 0.02, "yawn": 0.015, "sneer": 0.01, "trace": 0.035,
}  # fmt: skip
"""What a face may be doing, and how often."""
DOUBTFUL = {
    "lift": 0.26, "uneven": 0.08, "one side": 0.14, "rest": 0.06, "cheeks only": 0.03,
    "mouth only": 0.03, "teeth": 0.03, "open": 0.02, "talk": 0.03, "dimples": 0.10,
    "hard press": 0.10, "squeeze": 0.07, "grimace": 0.05,
}  # fmt: skip
"""The same of a face that does what is easily taken for a lift a third of the time."""

Parameters = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Expression:
    """What a face does at one moment: `weights` of blendshapes, `labels` as in LABELS, and `fold`,
    how deep the folds beside the mouth and the eyes are."""

    weights: dict[str, float]
    labels: NDArray[np.float32]
    fold: float


def invent(random: np.random.Generator) -> Parameters:
    """Return a person who does not exist: half of all are dark, a third are bearded or old."""
    shade = random.random() ** 0.8
    skin = (_LIGHT_SKIN * (1 - shade) + _DARK_SKIN * shade) * random.uniform(0.92, 1.08, 3)
    person: Parameters = {
        "seed": int(random.integers(5_000_000, 2**31)),
        "skin": tuple(skin),
        "red": random.uniform(0.6, 1.4),
        "hair": _HAIR[random.integers(len(_HAIR))],
        "brow": random.uniform(0.5, 1.3),
        "browop": random.uniform(0.3, 0.9),
        "wide": random.uniform(0.92, 1.08),
        "long": random.uniform(0.94, 1.06),
        "full": random.uniform(-0.2, 1),
        "iris": tuple(random.uniform(0.01, 0.2, 3)),
        "contrast": random.uniform(0.6, 1.2),
        "cloth": tuple(random.uniform(0.03, 0.6, 3)),
        "hairvol": random.uniform(0.3, 1),
        "liner": random.uniform(0.2, 1),
        "gloss": random.uniform(0.2, 0.9),
        "bags": random.uniform(0.1, 0.6),
        "sd": random.uniform(0.7, 1.15),
        "hairline": random.uniform(7, 9.4),
        "folds": random.uniform(0, 1.8),
    }
    if random.random() < 0.4:
        person |= {"age": random.uniform(0.2, 1), "jowl": random.uniform(0, 1)}
    if random.random() < 0.35:
        person["beard"] = random.uniform(0.2, 0.95)
    if random.random() < 0.3:
        person |= {"glasses": tuple(random.uniform(0.01, 0.4, 3)), "rim": random.uniform(0.06, 0.2)}
    if random.random() < 0.2:
        person["fringe"] = 1
    if random.random() < 0.2:
        person["freckles"] = int(random.integers(20, 90))
    if random.random() < 0.1:
        person["bald"] = 1
    person["lift"] = {
        "mouthSmile": random.uniform(0.3, 0.65),
        "cheekSquint": random.uniform(0.25, 0.8),
        "mouthDimple": random.uniform(0, 0.3),
        "cheekRaiser": random.uniform(0.25, 0.8),
        "eyeSquint": random.uniform(0.05, 0.4),
        "mouthPress": random.uniform(0, 0.18),
        "mouthStretch": random.uniform(0, 0.12) if random.random() < 0.4 else 0.0,
    }
    weaker = random.uniform(0.75, 1)
    person["LR"] = (1.0, weaker) if random.random() < 0.5 else (weaker, 1.0)
    return person


def habit(random: np.random.Generator) -> dict[str, float]:
    """Return what a face holds all the time while it is watched, at rest as well as in a lift."""
    held: dict[str, float] = {}
    if random.random() < 0.6:
        for name in random.choice(_HABITS, 2, replace=False):
            for side in _SIDES:
                held[name + side] = random.uniform(0, 0.3)
    if random.random() < 0.15:
        held["jawOpen"] = random.uniform(0.03, 0.14)
    if random.random() < 0.15:
        for side in _SIDES:
            held["eyeBlink" + side] = 1.0
    return held


def at_rest(random: np.random.Generator) -> Expression:
    """Return a relaxed face."""
    weights = {f"mouthSmile{side}": 0.03 * random.random() for side in _SIDES}
    return Expression(weights, np.zeros(len(LABELS), np.float32), 0.0)


def express(random: np.random.Generator, person: Parameters, often: dict[str, float]) -> Expression:
    """Return something that the face of `person` may do; `often` is KINDS or DOUBTFUL."""
    return _Face(random, person).express(often)


class _Face:
    def __init__(self, random: np.random.Generator, person: Parameters) -> None:
        self.random = random
        self.person = person
        self.weights: dict[str, float] = {}
        self.cheek = np.zeros(2)
        self.mouth = np.zeros(2)
        self.opened = 0.0
        self.shut = 0.0

    def add(self, name: str, weight: float) -> None:
        self.weights[name] = self.weights.get(name, 0.0) + weight

    def both(self, name: str, weight: float) -> None:
        for side in _SIDES:
            self.add(name + side, weight)

    def lift(self, amount: NDArray[np.float64], cheek: float = 1.0, mouth: float = 1.0) -> None:
        """Lift each side by `amount` of a full lift; `cheek` and `mouth` are their shares of it."""
        for name, full in self.person["lift"].items():
            share = (cheek if name in _CHEEK else mouth) * full * self.random.uniform(0.85, 1.15)
            for side, by in zip(_SIDES, amount, strict=True):
                self.add(name + side, share * by)
        self.cheek, self.mouth = cheek * amount, mouth * amount

    def jaw(self, least: float, most: float) -> None:
        opened = self.random.uniform(least, most)
        self.add("jawOpen", opened)
        self.opened += opened

    def express(self, often: dict[str, float]) -> Expression:
        random, sides = self.random, np.array(self.person["LR"])
        shares = np.array(list(often.values()))
        kind = str(random.choice(list(often), p=shares / shares.sum()))
        amount = random.uniform(0, 1.2) if random.random() < 0.6 else random.uniform(0.85, 1.1)
        match kind:
            case "lift":
                self.lift(amount * sides)
                if random.random() < 0.25:
                    self.jaw(0.02, 0.12)
            case "uneven":
                self.lift(random.uniform(0, 1.15, 2))
            case "one side":
                idle = random.uniform(0, 0.1)
                left = random.random() < 0.5
                self.lift(np.array([amount, idle] if left else [idle, amount]))
            case "cheeks only":
                self.lift(amount * sides, mouth=random.uniform(0, 0.15))
            case "mouth only":
                self.lift(amount * sides, cheek=random.uniform(0, 0.15))
            case "trace":
                self.lift(np.full(2, 0.1))
            case "teeth":
                self.lift(amount * sides)
                self.both("mouthUpperUp", random.uniform(0.15, 0.45) * amount)
                self.both("mouthLowerDown", random.uniform(0, 0.3) * amount)
                self.opened += 0.35 * min(amount, 1.0)
                self.jaw(0, 0.15)
            case "open":
                self.lift(amount * sides)
                self.jaw(0.1, 1)
            case _:
                self._other(kind)
        self._besides()
        return Expression(
            {name: min(1.2, weight) for name, weight in self.weights.items()},
            np.array(
                [*(self.cheek + self.mouth) / 2, *self.cheek, *self.mouth, self.opened, self.shut],
                np.float32,
            ),
            float(np.clip(np.mean(self.cheek + self.mouth) / 2, 0, 1)) * self.person["folds"],
        )

    def _other(self, kind: str) -> None:
        """Do something that is no lift."""
        random = self.random
        strength = random.uniform(0.4, 1)
        match kind:
            case "yawn":
                self.jaw(0.4, 0.95)
                self.both("mouthStretch", random.uniform(0, 0.4))
                self.both("eyeSquint", 0.7)
                self.both("browDown", 0.6)
                self.shut = random.uniform(0, 0.9)
            case "talk":
                self._talk()
            case "squint":
                self.both("eyeSquint", strength)
                self.both("cheekSquint", 0.8 * strength * (random.random() < 0.6))
                self.both("noseSneer", 0.3 * strength)
                self.both("browDown", 0.6 * strength)
            case "press":
                self.both("mouthPress", strength)
                self.add("mouthRollLower", 0.5 * strength)
                self.add("mouthRollUpper", 0.35 * strength)
                self.both("mouthDimple", 0.3 * strength)
            case "pout":
                self.add("mouthPucker", 0.9 * strength)
                self.add("mouthShrugLower", 0.6 * strength)
            case "sneer":
                self.both("noseSneer", random.uniform(0.3, 0.8))
                self.both("mouthUpperUp", random.uniform(0, 0.3))
            case _:
                self._doubtful(kind)

    def _doubtful(self, kind: str) -> None:
        """Do something that is easily taken for a lift."""
        random = self.random
        match kind:
            case "dimples":
                self._rather("mouthDimple", random.uniform(0.4, 1.1))
                self._rather("mouthPress", random.uniform(0, 0.6))
                self.both("cheekSquint", random.uniform(0, 0.3) * (random.random() < 0.5))
            case "hard press":
                self._rather("mouthPress", random.uniform(0.4, 1.1))
                self._rather("mouthDimple", random.uniform(0, 0.9))
                self.add("mouthRollLower", random.uniform(0, 0.6))
                self.add("mouthRollUpper", random.uniform(0, 0.45))
            case "squeeze":
                self.shut = random.uniform(0.8, 1) if random.random() < 0.8 else 0.0
                self.both("eyeSquint", random.uniform(0.6, 1))
                self.both("cheekSquint", random.uniform(0.2, 1))
                self.both("cheekRaiser", random.uniform(0, 0.9))
                self.both("noseSneer", random.uniform(0, 0.6))
                self.both("browDown", random.uniform(0, 0.9))
                self._rather("mouthPress", random.uniform(0, 0.5))
            case "grimace":
                self._rather("mouthStretch", random.uniform(0.3, 1))
                self._rather("mouthFrown", random.uniform(0, 0.6))
                self.both("eyeSquint", random.uniform(0.2, 1))
                self.both("browDown", random.uniform(0.1, 0.8))
                self.both("cheekSquint", random.uniform(0, 0.6))
                self.both("mouthLowerDown", random.uniform(0, 0.4))
                self.jaw(0, 0.25)

    def _rather(self, name: str, weight: float) -> None:
        """Move both sides by about as much, one of them now and then far less."""
        less = self.random.uniform(0.1, 1) if self.random.random() < 0.2 else 1.0
        sides = _SIDES if self.random.random() < 0.5 else _SIDES[::-1]
        for side, share in zip(sides, (1.0, less), strict=True):
            self.add(name + side, weight * share * self.random.uniform(0.9, 1.1))

    def _talk(self) -> None:
        random = self.random
        opened = random.uniform(0, 0.4)
        self.jaw(opened, opened)
        match random.integers(4):
            case 0:
                self.both("mouthStretch", random.uniform(0.1, 0.6))
                self.both("mouthSmile", random.uniform(0, 0.2))
            case 1:
                self.add("mouthFunnel", random.uniform(0.2, 0.7))
                self.add("mouthPucker", random.uniform(0, 0.5))
            case 2:
                self.both("mouthUpperUp", random.uniform(0, 0.3))
                self.add("mouthRollLower", random.uniform(0, 0.5))
            case 3 if random.random() < 0.5:  # chewing
                self.add("mouthClose", opened * 0.95)
                self.opened = 0.0
                self.both("mouthPress", random.uniform(0, 0.4))
                self.add("jawLeft" if random.random() < 0.5 else "jawRight", random.uniform(0, 0.3))

    def _besides(self) -> None:
        """Blink, look somewhere, move the brows, as anybody does whatever the mouth does."""
        random = self.random
        blink = random.random()
        if blink < 0.22:
            self.shut = max(self.shut, 1.0 if blink < 0.11 else random.uniform(0.2, 1))
        self.both("eyeBlink", self.shut)
        if random.random() < 0.12:
            self.both("browInnerUp", random.uniform(0.2, 0.8))
        if random.random() < 0.1:
            self.both("browDown", random.uniform(0.2, 0.7))
        if random.random() < 0.1:
            self.both("eyeSquint", random.uniform(0.1, 0.6))
        aside = random.uniform(-0.4, 0.4)
        out, inward = ("_L", "_R") if aside > 0 else ("_R", "_L")
        self.add("eyeLookOut" + out, abs(aside))
        self.add("eyeLookIn" + inward, abs(aside))
