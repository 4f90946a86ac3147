"""Who is in front of the camera: eight people who do not exist, each a little different."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np

from device.camera.subject.mesh import (
    UPPER_LID,
    Floats,
    Mesh,
    both_sides,
    neutral,
    smoothstep,
)

Colour = tuple[float, float, float]


class Eyewear(enum.Enum):
    """What glasses somebody wears."""

    CLEAR = "clear"
    """Thin wire and clear glass, which mirrors a lamp."""
    DARK_RIMMED = "dark-rimmed"
    """A thick dark frame."""
    TINTED = "tinted"
    """Sunglasses, through which the eyes are hardly seen."""


@dataclass(frozen=True, slots=True)
class Person:
    """One synthetic person.

    Colours are sRGB, 0 to 1. The shape of the face (`width` to `cheeks`) is given by figures from
    about -1 to 1, 0 being the canonical mesh. The fields from `lift` on say how this person lifts:
    real people's lifts differ by about 30 % in size and in direction, and so do these.
    """

    name: str
    seed: int

    skin: Colour = (0.80, 0.60, 0.50)
    hair: Colour = (0.22, 0.16, 0.12)
    iris: Colour = (0.33, 0.24, 0.15)
    cloth: Colour = (0.35, 0.45, 0.60)
    age: float = 0.0
    """How wrinkled the skin is, 0 to 1."""
    beard: float = 0.0
    """How dense the beard is: 0 shaven, 1 full."""
    hairline: float = 0.0
    """How far the hair has receded, about cm."""
    parting: float = 0.0
    """Where the fringe is highest, cm towards the person's left."""
    long_hair: bool = False
    glasses: Eyewear | None = None

    width: float = 0.0
    length: float = 0.0
    jaw: float = 0.0
    chin: float = 0.0
    nose_width: float = 0.0
    nose_length: float = 0.0
    lips: float = 0.0
    mouth_width: float = 0.0
    eyes: float = 0.0
    brow: float = 0.0
    cheeks: float = 0.0

    lift: float = 0.70
    """Size of the full lift; 1 would raise the cheeks by 6.6 mm."""
    lift_out: float = 1.0
    """How far the mouth corner moves outwards, compared with the average person."""
    lift_up: float = 1.0
    """How far it moves up, compared with the average person."""
    lift_cheek: float = 1.0
    """How far the cheek itself moves, compared with the average person."""
    lift_left: float = 1.0
    """How strong the left side is, compared with the stronger side."""
    lift_right: float = 1.0
    """How strong the right side is, compared with the stronger side."""


def _people(*people: Person) -> dict[str, Person]:
    return {person.name: person for person in people}


PEOPLE = _people(
    Person("ada", 1),
    Person(
        "bola",
        2,
        skin=(0.52, 0.36, 0.27),
        hair=(0.09, 0.075, 0.07),
        iris=(0.18, 0.11, 0.07),
        cloth=(0.60, 0.35, 0.30),
        parting=2.5,
        long_hair=True,
        width=0.6,
        length=-0.4,
        jaw=-0.5,
        nose_width=0.8,
        lips=0.9,
        eyes=0.8,
        cheeks=0.5,
        lift=0.78,
        lift_out=0.80,
        lift_up=1.10,
        lift_right=0.93,
    ),
    Person(
        "carl",
        3,
        skin=(0.86, 0.68, 0.60),
        hair=(0.66, 0.64, 0.62),
        iris=(0.32, 0.42, 0.50),
        cloth=(0.80, 0.80, 0.76),
        age=1.0,
        hairline=0.9,
        width=-0.4,
        length=0.8,
        jaw=0.5,
        chin=0.5,
        nose_width=0.3,
        nose_length=0.8,
        lips=-0.6,
        brow=-0.3,
        cheeks=-0.5,
        mouth_width=0.4,
        lift=0.62,
        lift_out=1.25,
        lift_up=0.80,
        lift_left=0.94,
    ),
    Person(
        "dilek",
        4,
        skin=(0.72, 0.53, 0.40),
        hair=(0.30, 0.18, 0.11),
        iris=(0.26, 0.30, 0.16),
        cloth=(0.36, 0.50, 0.38),
        age=0.45,
        parting=-2.2,
        long_hair=True,
        width=0.2,
        length=0.2,
        nose_length=0.5,
        lips=0.3,
        eyes=0.3,
        brow=0.5,
        cheeks=0.8,
        mouth_width=-0.4,
        lift=0.86,
        lift_out=1.10,
        lift_up=0.90,
        lift_cheek=1.20,
    ),
    Person(
        "emil",
        5,
        skin=(0.84, 0.63, 0.53),
        hair=(0.42, 0.27, 0.15),
        iris=(0.28, 0.38, 0.36),
        cloth=(0.28, 0.28, 0.34),
        beard=0.9,
        hairline=0.3,
        width=0.5,
        jaw=0.8,
        chin=-0.3,
        nose_width=0.2,
        brow=-0.5,
        eyes=-0.4,
        mouth_width=0.5,
        lift=0.58,
        lift_up=1.20,
        lift_cheek=0.80,
        lift_right=0.96,
    ),
    Person(
        "fumi",
        6,
        skin=(0.85, 0.68, 0.54),
        hair=(0.12, 0.10, 0.10),
        iris=(0.16, 0.11, 0.08),
        cloth=(0.72, 0.66, 0.50),
        parting=1.5,
        width=0.4,
        length=-0.7,
        chin=-0.5,
        nose_width=0.3,
        nose_length=-0.7,
        eyes=-0.6,
        cheeks=0.4,
        lips=0.1,
        lift=0.72,
        lift_out=0.75,
        lift_up=1.15,
        lift_cheek=0.90,
        lift_left=0.92,
    ),
    Person(
        "grace",
        7,
        skin=(0.38, 0.26, 0.20),
        hair=(0.46, 0.45, 0.44),
        iris=(0.14, 0.09, 0.06),
        cloth=(0.50, 0.42, 0.60),
        age=0.8,
        long_hair=True,
        width=-0.2,
        length=0.3,
        jaw=-0.3,
        nose_width=0.9,
        lips=0.6,
        brow=0.3,
        cheeks=-0.3,
        mouth_width=0.2,
        lift=0.66,
        lift_out=0.90,
        lift_cheek=1.15,
        lift_right=0.90,
    ),
    Person(
        "henk",
        8,
        skin=(0.88, 0.67, 0.58),
        hair=(0.70, 0.56, 0.36),
        iris=(0.36, 0.46, 0.55),
        cloth=(0.62, 0.32, 0.34),
        age=0.3,
        beard=0.25,
        hairline=1.0,
        parting=-1.5,
        width=-0.6,
        length=0.5,
        jaw=0.2,
        chin=0.8,
        nose_width=-0.4,
        nose_length=0.4,
        lips=-0.3,
        brow=-0.1,
        mouth_width=-0.2,
        lift=0.92,
        lift_out=1.20,
        lift_up=0.85,
        lift_cheek=1.10,
    ),
)
"""Everyone there is, by name."""

DEFAULT = PEOPLE["ada"]


def face_of(person: Person) -> Mesh:
    """Return this person's face at rest: the neutral mesh in the person's own shape."""
    mesh = neutral()
    v = mesh.vertices.copy()
    x, y = v[:, 0].copy(), v[:, 1].copy()
    side = np.abs(x)
    v[:, 0] *= 1 + 0.07 * person.width
    v[:, 1] *= 1 + 0.06 * person.length
    v[:, 0] *= 1 + 0.10 * person.jaw * smoothstep(-1, -9, y)
    v[:, 1] -= 0.35 * person.chin * smoothstep(-5.5, -9, y)
    _nose(v, x, y, person)
    lip_middle = np.exp(-((x / 2.4) ** 4))
    upper_edge = np.exp(-(((y + 3.4) / 0.35) ** 2))
    lower_edge = np.exp(-(((y + 5.3) / 0.4) ** 2))
    v[:, 1] += 0.14 * person.lips * lip_middle * (upper_edge - lower_edge)
    corner = np.exp(-(((side - 2.3) / 1.2) ** 2) - ((y + 4.3) / 1.2) ** 2)
    v[:, 0] += np.sign(x) * 0.25 * person.mouth_width * corner
    v[both_sides(UPPER_LID, mesh.mirror), 1] += 0.10 * person.eyes
    ridge = np.exp(-(((side - 3.5) / 2.6) ** 2) - ((y - 4.9) / 0.9) ** 2)
    v[:, 1] += 0.25 * person.brow * ridge
    apple = 0.4 * person.cheeks * np.exp(-(((side - 4.8) / 2.0) ** 2) - ((y + 1.5) / 2.2) ** 2)
    v[:, 0] += 0.6 * np.sign(x) * apple
    v[:, 2] += 0.8 * apple
    return Mesh(v, mesh.uv, mesh.triangles, mesh.mirror)


def _nose(v: Floats, x: Floats, y: Floats, person: Person) -> None:
    around = np.exp(-((x / 1.6) ** 4) - ((y + 1) / 1.6) ** 4)
    ridge = around * np.exp(-((x / 1.1) ** 2))
    v[:, 0] += 0.18 * person.nose_width * around * x
    v[:, 2] += 0.35 * person.nose_length * ridge
    v[:, 1] -= 0.2 * person.nose_length * ridge
