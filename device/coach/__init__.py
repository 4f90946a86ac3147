"""The pure core: samples, presses and clock readings go in; cues and events come out.

Nothing in here does I/O, sleeps, or knows the time unless it is told.
"""
