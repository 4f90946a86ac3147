"""`python -m device.vision.trial`: both models run once, on nothing.

A runtime that was built for another processor takes its process along (SIGILL), so whoever wants
to know asks in another one.
"""

from __future__ import annotations

import sys

from device.errors import LiftLightError

REFUSED = 3
"""The exit code after a `LiftLightError`, whose text is on stderr."""


def trial() -> int:
    """Run both models once and return the exit code; raises what a broken library raises."""
    try:
        import numpy as np  # noqa: PLC0415  (it may be what is broken)

        from device.vision.runtime import DETECTOR, LANDMARKS, Model  # noqa: PLC0415

        for name in (DETECTOR, LANDMARKS):
            model = Model(name)
            model.run(np.zeros(model.input_shape, np.float32))
    except LiftLightError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(trial())
