"""LiftLight, the device: camera, vision, coach, panel, journal, and the loop that wires them."""

import os

# Our matrices have a few dozen rows: threads of numpy's linear algebra would only spin beside the
# one that works, and cost half as much again as all of seeing. It is read when numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
