"""Random lives of a device on a virtual clock, against an oracle that knows the true time."""
