"""Whole lives of a device on a virtual clock, and an oracle that knows the true time."""
