"""What a laptop needs and a bedside does not: demo, replay, charts, films, a window."""

__all__ = ["chart", "demo", "drawing", "film", "replay", "simulated_time", "window"]
