"""When frames come: more or fewer a second, unevenly, some lost, some twice."""

from __future__ import annotations

from collections.abc import Callable

from tools.harder.scene import Harder, Scene, plain


def at_rate(rate: float) -> Callable[[Scene], Harder]:
    """Return the kind that takes `rate` frames a second, the nearest picture for each."""

    def kind(scene: Scene) -> Harder:
        count = int(len(scene.faces) / scene.fps * rate)
        return _timed(scene, [i / rate for i in range(count)])

    return kind


def uneven(scene: Scene) -> Harder:
    """Let frames come when they like: 15 a second on average, gaps from 17 to 300 ms."""
    times = [0.0]
    while times[-1] < len(scene.faces) / scene.fps - 0.3:
        times.append(times[-1] + min(0.3, 1 / 60 + scene.noise.exponential(0.05)))
    return _timed(scene, times)


def dropped(scene: Scene) -> Harder:
    """Lose a third of the frames."""
    kept = [i for i in range(len(scene.faces)) if i == 0 or scene.noise.random() > 1 / 3]
    return Harder(plain, kept, [i / scene.fps for i in kept])


def twice(scene: Scene) -> Harder:
    """Deliver every fourth frame twice, at one and the same time."""
    order = [i for i in range(len(scene.faces)) for _ in range(2 if i % 4 == 0 else 1)]
    return Harder(plain, order, [i / scene.fps for i in order])


def stuck_frames(scene: Scene) -> Harder:
    """Repeat old frames: one in eight stands for 2 to 6 frames, the time going on."""
    order = list(range(len(scene.faces)))
    i = 1
    while i < len(order):
        if scene.noise.random() < 1 / 8:
            length = int(scene.noise.integers(2, 7))
            order[i : i + length] = [i - 1] * len(order[i : i + length])
            i += length
        i += 1
    return Harder(plain, order)


def _timed(scene: Scene, times: list[float]) -> Harder:
    last = len(scene.faces) - 1
    return Harder(plain, [min(last, round(t * scene.fps)) for t in times], times)
