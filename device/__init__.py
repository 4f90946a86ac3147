"""LiftLight, the device: camera, vision, coach, panel, journal, and the loop that wires them."""

import os

# Matrices here have a few dozen rows. More threads in numpy's linear algebra would only spin beside
# the one that works, and add half as much processor time again to all of vision. numpy reads this
# when it is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
