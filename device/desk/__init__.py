"""What runs at a desk and not beside the bed: the demo, replays, and what shows them."""

__all__ = ["demo", "drawing", "film", "replay", "simulated_time"]
