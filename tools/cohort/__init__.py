"""Many devices' exports as one cohort: `python -m tools.cohort DIR_OF_EXPORTS`."""
