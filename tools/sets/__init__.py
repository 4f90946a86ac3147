"""Sets of lifts at the level of the signal: made by the thousand, with the truth known."""
