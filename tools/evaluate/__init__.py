"""Score the counter on annotated clips: `python -m tools.evaluate DIR [--json FILE]`."""
