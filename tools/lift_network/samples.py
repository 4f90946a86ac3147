"""Pictures of invented people, as the device's own vision cuts them out, with what they show.

A group is one person seen from about the same side in the same light: relaxed once, and then doing
something else in each picture. The landmark network looks at every one, and the crop is cut by what
it found, as on the device; so its errors are part of what is taught.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from device.vision import FaceLandmarker, flow, roi
from tools.lift_network.people import (
    DOUBTFUL,
    KINDS,
    Expression,
    at_rest,
    express,
    habit,
    invent,
)
from tools.lift_network.person import Mesh, Person
from tools.lift_network.renderer import Renderer, background, develop

PICTURES = 6
"""Pictures of a group, the relaxed one included."""
GROUPS = 14
"""Groups of a person."""
FROM_ALL_SIDES = 450
"""So many people are seen from all sides. Those after them are mostly seen from below or above, as
from the foot or the head of a bed, and more often with fingertips on the cheeks."""
CERTAIN = 650
"""So many people mostly lift. Those after them do what is easily taken for a lift a third of the
time, are seen from all sides again, some in the dark, and their hands lie where they like."""
PEOPLE = 900
"""So many people are invented, numbered from 0."""
RENDERED = 184
"""Side of a rendered picture, pixels."""
STORED = 104
"""Side of a stored crop, pixels."""
SHARE = 104 / 128
"""Of the landmark network's square, so much is stored."""
_TRIES = 4


@dataclass(frozen=True, slots=True)
class Samples:
    """What was taken of some people.

    `crops` is uint8 (groups, PICTURES, STORED, STORED), the first of each group relaxed; `labels`
    is float32 (groups, PICTURES, len(people.LABELS)), `pose` float32 (groups, 2): yaw and pitch of
    the group, degrees; `who` int64 (groups,): the number of the person.
    """

    crops: NDArray[np.uint8]
    labels: NDArray[np.float32]
    pose: NDArray[np.float32]
    who: NDArray[np.int64]

    def save(self, path: Path) -> None:
        """Write the samples to a file."""
        np.savez(path, crops=self.crops, labels=self.labels, pose=self.pose, who=self.who)

    @classmethod
    def load(cls, paths: list[Path]) -> Samples:
        """Read samples from files, in the order of the paths."""
        parts: list[dict[str, NDArray[Any]]] = []
        for path in paths:
            with np.load(path) as archive:
                parts.append({name: archive[name] for name in archive.files})
        return cls(**{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def path_of(folder: Path, number: int) -> Path:
    """Return where the samples of person `number` are kept in `folder`."""
    return folder / f"person_{number:05d}.npz"


def photograph(mesh: Mesh, landmarker: FaceLandmarker, number: int) -> Samples | None:
    """Return samples of person `number`, who is the same each time; None if no face was found."""
    random = np.random.default_rng([16, number])
    look = invent(random)
    with Renderer(Person(mesh, look), RENDERED, RENDERED) as renderer:
        studio = _Studio(random, look, renderer, landmarker, number)
        groups = [group for _ in range(GROUPS) if (group := studio.group()) is not None]
    if not groups:
        return None
    crops, labels, poses = zip(*groups, strict=True)
    return Samples(np.array(crops), np.array(labels), np.array(poses), np.full(len(groups), number))


class _Studio:
    """One person, photographed."""

    def __init__(
        self,
        random: np.random.Generator,
        look: dict[str, Any],
        renderer: Renderer,
        landmarker: FaceLandmarker,
        number: int,
    ) -> None:
        self.random, self.look = random, look
        self.from_the_foot = FROM_ALL_SIDES <= number < CERTAIN
        self.doubtful = number >= CERTAIN
        self.often = DOUBTFUL if self.doubtful else KINDS
        self.renderer, self.landmarker = renderer, landmarker

    def group(self) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]] | None:
        random = self.random
        yaw, pitch = self._pose()
        exposure = np.ones(3) * random.uniform(0.2 if self.doubtful else 0.45, 1.35)
        kind = "pillow" if random.random() < 0.4 else "room"
        wall = background(random, kind, RENDERED, RENDERED) * random.uniform(0.3, 0.9)
        often, there = (0.45, 0.75) if self.from_the_foot or self.doubtful else (0.22, 0.9)
        hands = self._hands() if random.random() < often else {}
        self.scene: dict[str, Any] = {
            "light": _light(random),
            "behind": develop(np.clip(wall, 0, 1).astype(np.float32), exposure),
            "noise": random.choice([0.0, 1.5, 3.0, 5.0]),
            "distance": random.uniform(0.6, 1.25),
        }
        place = random.uniform((-6, -4, -0.3), (6, 4, 0.3))
        sway = 10.0 if random.random() < 0.3 else 3.0
        held = habit(random)
        crops, labels = [], []
        for number in range(PICTURES):
            for _ in range(_TRIES):
                expression = (
                    at_rest(random) if number == 0 else express(random, self.look, self.often)
                )
                turned = (0.0, 0.0, 0.0) if number == 0 else random.normal(0, (sway, 0.7 * sway, 3))
                crop = self._shoot(
                    expression,
                    held,
                    angles=(
                        float(np.clip(yaw + turned[0], -66, 66)),
                        float(np.clip(pitch + turned[1], -46, 46)),
                        float(np.degrees(place[2]) + turned[2]),
                    ),
                    place=(place[:2] + random.normal(0, 0.4, 2)),
                    exposure=exposure * random.uniform(0.95, 1.05),
                    hands=hands if random.random() < there else {},
                )
                if crop is not None:
                    break
            else:
                return None  # Turned too far for the landmark network.
            crops.append(crop)
            label = expression.labels.copy()
            label[-1] = max(label[-1], held.get("eyeBlink_L", 0.0))
            labels.append(label)
        return np.array(crops), np.array(labels), np.array([yaw, pitch], np.float32)

    def _pose(self) -> tuple[float, float]:
        """Return the yaw and pitch of a group, degrees."""
        random = self.random
        if self.from_the_foot:
            yaw = random.uniform(-62, 62) if random.random() < 0.5 else random.normal(0, 12)
            steep = random.choice([-1, 1]) * random.uniform(15, 45)
            return yaw, steep if random.random() < 0.75 else random.normal(0, 9)
        yaw = random.uniform(-62, 62) if random.random() < 0.65 else random.normal(0, 12)
        return yaw, random.uniform(-42, 42) if random.random() < 0.55 else random.normal(0, 9)

    def _shoot(
        self,
        expression: Expression,
        held: dict[str, float],
        angles: tuple[float, float, float],
        place: NDArray[np.float64],
        exposure: NDArray[np.float64],
        hands: dict[str, NDArray[np.float64]],
    ) -> NDArray[np.uint8] | None:
        """Return the crop of one picture; None if the landmark network sees no face in it."""
        random = self.random
        weights = dict(expression.weights)
        for name, weight in held.items():
            weights[name] = min(1.2, weights.get(name, 0.0) + weight)
        picture = self.renderer.close_up(
            weights=weights,
            angles=angles,
            place=place,
            distance=self.scene["distance"] * random.uniform(0.98, 1.02),
            light=self.scene["light"],
            exposure=exposure,
            fold=expression.fold,
            hands=hands,
            behind=self.scene["behind"],
            framing=random.normal(0, (0.02, 0.02, 0.04, 0.04)),
        )
        if self.scene["noise"]:
            grain = random.normal(0, self.scene["noise"], (RENDERED, RENDERED, 1))
            noisy = cv2.add(picture, np.repeat(grain, 3, 2), dtype=cv2.CV_8U)
            picture = np.asarray(noisy, np.uint8)
        picture = picture[..., ::-1]
        face = self.landmarker.locate(picture, roi.whole(picture))
        if face.presence < 0.5:
            return None
        return flow.grey_crop(picture, face.next_roi.scaled(SHARE), STORED).picture

    def _hands(self) -> dict[str, NDArray[np.float64]]:
        """Return where fingertips rest on the cheeks, if they do."""
        random = self.random
        least, most = ((-3, -4, 0), (4, 3, 1.2)) if self.doubtful else ((-1, -2, 0), (2, 1, 0.6))
        places = {}
        for name, side in (("handL", 1), ("handR", -1)):
            if random.random() < 0.8:
                places[name] = random.uniform(least, most) * (side, 1, 1)
        return places


def _light(random: np.random.Generator) -> dict[str, tuple[float, ...]]:
    side = random.choice([-1, 1])
    key, fill, ambient = random.uniform((0.5, 0.1, 0.06), (1.1, 0.5, 0.3))
    return {
        "key": (side * random.uniform(0, 1), random.uniform(-0.1, 0.9), random.uniform(0.4, 0.9)),
        "keyc": (key, key * random.uniform(0.8, 1), key * random.uniform(0.6, 1)),
        "fill": (-side * 0.7, random.uniform(-0.2, 0.4), 0.7),
        "fillc": (fill, fill, fill),
        "amb": (ambient, ambient, ambient),
    }
