"""`python -m tools.bench [VIDEO] [--json FILE] [--write]`: what seeing costs, beside MediaPipe.

Ours and MediaPipe Face Mesh see the same frames in the same run, each in a fresh process on one
core, taking turns several times. Then the whole device runs a part of a session in real time, and
waits for its button. Every figure is given as its least, middle and greatest value.
"""
