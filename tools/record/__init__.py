"""Record one set at a desk, by consent, and annotate it: `python -m tools.record OUT`."""
