"""Cameras: everything that yields a `Frame`."""
