"""Teach the lift network, and tell how far it has come.

The loss compares only pictures of one group: a person in one light, from one side. What the
network says of all of them together is free, so it need not know whom it sees. That is how the
device uses it, against what it says of the same face at rest. Left less right has a loss of its
own: without it the network says the same of both.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import tensorflow
from numpy.typing import NDArray

from device.vision import LIFT_SHARE, LIFT_SIDE, standardize
from tools.lift_network.network import build
from tools.lift_network.people import LABELS
from tools.lift_network.samples import SHARE, STORED, Samples

SEED = 16
GROUPS = 32
"""Groups of a batch."""
EPOCHS = 18
"""So many times all pictures are shown."""
HIGHEST_RATE = 3e-3
"""The learning rate rises to it over the first WARM_UP batches and falls as half a cosine."""
WARM_UP = 100
FAR_DEG = 35.0
"""Pictures from further off axis than this are judged by themselves as well, degrees."""
KEPT_OUT = 12
"""Every so many-th person is kept out of the teaching, and measured on."""
_WEIGHTS = np.array([2, 2, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7], np.float32)
"""How much each label matters."""
_SIDES, _ABSOLUTE = 1.0, 0.05
"""How much left less right matters, beside them, and what is said of a picture by itself."""
_MIRRORED = [1, 0, 3, 2, 5, 4, 6, 7]
_ZOOM = LIFT_SHARE / SHARE * STORED / LIFT_SIDE
"""Pixels of a stored crop to one that the network sees."""

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]


def window(crop: Picture, dx: float, dy: float, zoom: float, angle: float, mirror: bool) -> Picture:
    """Return the part of a stored crop that the network sees, moved, turned and scaled a little."""
    scale = zoom * _ZOOM
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    flip = -1.0 if mirror else 1.0
    matrix = np.array([[cos * flip, -sin, 0.0], [sin * flip, cos, 0.0]])
    middle = (LIFT_SIDE - 1) / 2
    matrix[:, 2] = (STORED - 1) / 2 + np.array([dx, dy]) - matrix[:, :2] @ [middle, middle]
    side = (LIFT_SIDE, LIFT_SIDE)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(crop, matrix, side, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.uint8)


class _Camera:
    """How one group of pictures is seen: a gamma, a slope of light, blur, noise, compression."""

    def __init__(self, random: np.random.Generator) -> None:
        self.random = random
        self.mirror = random.random() < 0.5
        self.aim = random.normal(0, (1.6, 1.6, 0.05, 0.04))
        self.gamma = np.exp(random.normal(0, 0.25))
        self.slope = random.normal(0, 0.18, 2)
        self.noise = random.choice([0, 2, 5, 9]) * random.random()
        self.blur = random.uniform(0.3, 1.2) if random.random() < 0.5 else 0.0
        self.quality = int(random.integers(25, 90)) if random.random() < 0.4 else 0
        self.across, self.down = np.meshgrid(*2 * [np.linspace(-1, 1, LIFT_SIDE, dtype=np.float32)])

    def see(self, crop: Picture) -> Floats:
        random = self.random
        dx, dy, zoom, angle = self.aim + random.normal(0, (0.7, 0.7, 0.012, 0.01))
        seen = window(crop, dx, dy, 1 + zoom, angle, self.mirror)
        if self.blur:
            seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), self.blur), np.uint8)
        slope = self.slope + random.normal(0, 0.03, 2)
        light = 1 + slope[0] * self.across + slope[1] * self.down
        picture = (seen / np.float32(255)) ** self.gamma * light * np.exp(random.normal(0, 0.06))
        picture = picture * 255 + random.standard_normal(seen.shape, np.float32) * self.noise
        seen = np.clip(picture, 0, 255).astype(np.uint8)
        if self.quality:
            packed = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, self.quality])[1]
            seen = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
        return standardize(seen)


def plain(crops: NDArray[np.uint8]) -> Floats:
    """Return stored crops, uint8 (n, side, side), as the network sees them on the device."""
    return np.array([standardize(window(crop, 0, 0, 1, 0, False)) for crop in crops])


def _batch(samples: Samples, groups: NDArray[np.int64], seed: list[int]) -> tuple[Floats, Floats]:
    random = np.random.default_rng(seed)
    pictures, labels = [], []
    for group in groups:
        camera = _Camera(random)
        pictures.append([camera.see(crop) for crop in samples.crops[group]])
        label = samples.labels[group]
        labels.append(label[:, _MIRRORED] if camera.mirror else label)
    return np.array(pictures, np.float32), np.array(labels, np.float32)


def _batches(
    samples: Samples, groups: NDArray[np.int64], epoch: int
) -> Iterator[tuple[Floats, Floats]]:
    order = np.random.default_rng([SEED, epoch]).permutation(groups)
    parts = [order[i : i + GROUPS] for i in range(0, len(order) - GROUPS + 1, GROUPS)]
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(_batch, samples, parts[0], [SEED, epoch, 0])
        for number in range(len(parts)):
            batch = coming.result()
            if number + 1 < len(parts):
                coming = ahead.submit(_batch, samples, parts[number + 1], [SEED, epoch, number + 1])
            yield batch


def _loss(said: Any, labels: Any) -> Any:
    """Return the loss of what was said of groups of pictures, (groups, pictures, labels)."""
    error = said - labels
    within = error - tensorflow.reduce_mean(error, 1, keepdims=True)
    sides = within[..., 0:6:2] - within[..., 1:6:2]
    return (
        tensorflow.reduce_mean(tensorflow.square(within) * _WEIGHTS)
        + _SIDES * tensorflow.reduce_mean(tensorflow.square(sides))
        + _ABSOLUTE * tensorflow.reduce_mean(tensorflow.square(error) * _WEIGHTS)
    )


def teach(samples: Samples, curve: Path) -> Any:
    """Return the taught network, a `keras.Model`; its learning curve is written as CSV.

    What is returned has the moving average of the weights. The same samples give the same network,
    but for the order in which the processor adds. The learning rate: Loshchilov and Hutter, "SGDR",
    2017, arXiv:1608.03983, without restarts.
    """
    tensorflow.keras.utils.set_random_seed(SEED)
    network, average = build(), build()
    rows: list[dict[str, float]] = []
    taught = np.flatnonzero(samples.who % KEPT_OUT != 0)
    step = _teacher(network, average, EPOCHS * (len(taught) // GROUPS))
    for epoch in range(EPOCHS):
        losses = [step(*batch) for batch in _batches(samples, taught, epoch)]
        told = {"epoch": epoch + 1, "loss": float(np.mean(losses))}
        rows.append({**told, **judge(asked(average), samples)})
        print(*(f"{name} {value:.3f}" for name, value in rows[-1].items()), file=sys.stderr)
        with curve.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, rows[0])
            table.writeheader()
            table.writerows(rows)
    return average


def _teacher(network: Any, average: Any, steps: int) -> Callable[..., Any]:
    """Return what teaches `network` one batch, `steps` of them in all, and follows its average."""
    rate = tensorflow.keras.optimizers.schedules.CosineDecay(
        HIGHEST_RATE / WARM_UP,
        steps,
        alpha=0.01,
        warmup_target=HIGHEST_RATE,
        warmup_steps=WARM_UP,
    )
    optimizer = tensorflow.keras.optimizers.AdamW(rate, weight_decay=1e-3)

    @tensorflow.function  # type: ignore[untyped-decorator]
    def step(pictures: Any, labels: Any) -> Any:
        with tensorflow.GradientTape() as tape:
            x = tensorflow.reshape(pictures, (-1, LIFT_SIDE, LIFT_SIDE, 1))
            said = network(x, training=True)
            loss = _loss(tensorflow.reshape(said, tensorflow.shape(labels)), labels)
        gradient = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(zip(gradient, network.trainable_variables, strict=True))
        kept = tensorflow.minimum(0.995, optimizer.iterations / (optimizer.iterations + 20))
        for mean, value in zip(average.variables, network.variables, strict=True):
            share = tensorflow.cast(kept, value.dtype) if value.dtype == "float32" else 0
            mean.assign(share * mean + (1 - share) * value)
        return loss

    return cast(Callable[..., Any], step)


def asked(network: Any) -> Callable[[Floats], Floats]:
    """Return how a `keras.Model` is asked."""
    return lambda pictures: np.asarray(network.predict(pictures, verbose=0), np.float32)


def judge(ask: Callable[[Floats], Floats], samples: Samples) -> dict[str, float]:
    """Return the correlation of each label with what is said, in people who were kept out.

    `ask` gives the network's answers to pictures, float32 (n, side, side, 1). Both sides are less
    what they are for the relaxed picture of the group, which is among them. `lift_far` is of the
    lift, both sides together, from further off axis than FAR_DEG, `sides` of left less right;
    `lift_error` is the mean absolute error of a lift in the other pictures, in lifts.
    """
    kept = np.flatnonzero(samples.who % KEPT_OUT == 0)
    pictures = plain(samples.crops[kept].reshape(-1, STORED, STORED))
    truth = samples.labels[kept]
    answers = ask(pictures[..., np.newaxis]).reshape(truth.shape)
    answers = answers - answers[:, :1]
    truth = truth - truth[:, :1]
    found = {
        name: _correlation(answers[..., index], truth[..., index])
        for index, name in enumerate(LABELS)
    }
    far = np.hypot(*samples.pose[kept].T) > FAR_DEG
    lift_said, lift = answers[..., :2].mean(-1), truth[..., :2].mean(-1)
    found["lift_far"] = _correlation(lift_said[far], lift[far])
    found["sides"] = _correlation(*(a[..., 0] - a[..., 1] for a in (answers, truth)))
    found["lift_error"] = float(np.abs(lift_said - lift)[:, 1:].mean())
    return found


def _correlation(one: NDArray[Any], other: NDArray[Any]) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
