"""Cues become light and sound; the button becomes presses."""
