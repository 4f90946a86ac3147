"""LiftLight, the device: camera, vision, coach, panel, journal, and the loop that wires them."""
