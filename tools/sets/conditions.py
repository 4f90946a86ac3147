"""The conditions under which sets are made, a row of the table each."""

from __future__ import annotations

from dataclasses import replace

from tools.sets.generate import Conditions
from tools.sets.script import Camera

CLEAR = Conditions()
PLAUSIBLE: dict[str, Conditions] = {
    "as measured": CLEAR,
    "no noise": replace(CLEAR, noise=0.0),
    "noise recorded from the models, as strong": replace(CLEAR, hiss="recorded", noise=1.4),
    "white noise": replace(CLEAR, hiss="white"),
    "1/f noise": replace(CLEAR, hiss="1/f"),
    "noise x 2": replace(CLEAR, noise=2.0),
    "12 fps": replace(CLEAR, camera=Camera(12.0)),
    "15 fps": replace(CLEAR, camera=Camera(15.0)),
    "60 fps": replace(CLEAR, camera=Camera(60.0)),
    "20 % of the frames lost": replace(CLEAR, camera=Camera(30.0, drops=0.2, jitter=0.5)),
    "40 % of the frames lost": replace(CLEAR, camera=Camera(30.0, drops=0.4, jitter=0.5)),
    "rest drifts by 0.1": replace(CLEAR, drift=0.1),
    "subjects of small range (0.10 to 0.13)": replace(CLEAR, range=(0.10, 0.13)),
    "subjects of large range (0.17 to 0.20)": replace(CLEAR, range=(0.17, 0.20)),
    "fast (0.25 to 0.4 s)": replace(CLEAR, movement=(0.25, 0.4)),
    "slow (0.8 to 1.2 s)": replace(CLEAR, movement=(0.8, 1.2)),
    "small (0.6 to 0.7)": replace(CLEAR, amplitude=(0.6, 0.7)),
    "large (1.2 to 1.3)": replace(CLEAR, amplitude=(1.2, 1.3)),
    "no distractions": replace(CLEAR, distracted=0.0),
    "a distraction after every lift": replace(CLEAR, distracted=1.0),
}
"""What a camera, a face and a night may well be like."""
HARSH: dict[str, Conditions] = {
    "noise x 3": replace(CLEAR, noise=3.0),
    "noise x 4": replace(CLEAR, noise=4.0),
    "rest drifts by 0.2": replace(CLEAR, drift=0.2),
}
"""What is worse than anything measured, to see where it ends."""
