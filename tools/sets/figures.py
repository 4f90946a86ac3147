"""How a way of counting did, as figures and as cells of a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from tools.evaluate.score import quantile
from tools.sets.generate import MadeSet
from tools.sets.rivals import Hold

HEAD = ("exact", "start s", "end s")
_SURE = 1.96


@dataclass(slots=True)
class Figures:
    """How one rival did on some sets; timing errors are absolute, in seconds."""

    sets: int = 0
    exact: int = 0
    start_errors: list[float] = field(default_factory=list)
    end_errors: list[float] = field(default_factory=list)

    def add(self, made: MadeSet, holds: Sequence[Hold]) -> None:
        """Take in one counted set."""
        self.sets += 1
        matched = 0
        for true in made.holds:
            found = [h for h in holds if h[0] < true[1] and h[1] > true[0]]
            if len(found) == 1:
                matched += 1
                self.start_errors.append(abs(found[0][0] - true[0]))
                self.end_errors.append(abs(found[0][1] - true[1]))
        self.exact += matched == len(made.holds) == len(holds)

    def join(self, other: Figures) -> None:
        """Take in what `other` has."""
        self.sets += other.sets
        self.exact += other.exact
        self.start_errors += other.start_errors
        self.end_errors += other.end_errors

    def cells(self) -> list[str]:
        """Return share exact, and median/95 % of the errors of start and end."""
        return [
            f"{100 * self.exact / max(1, self.sets):.0f} %",
            *(
                f"{quantile(errors, 0.5):.2f}/{quantile(errors, 0.95):.2f}"
                for errors in (self.start_errors, self.end_errors)
            ),
        ]

    def surely(self) -> str:
        """Return the share exact with its 95 % interval (Wilson, JASA 22:209, 1927)."""
        if not self.sets:
            return "-"
        share, spread = self.exact / self.sets, _SURE**2 / self.sets
        middle = share + spread / 2
        reach = _SURE * math.sqrt(share * (1.0 - share) / self.sets + spread / (4 * self.sets))
        low, high = ((middle + sign * reach) / (1.0 + spread) for sign in (-1, 1))
        return f"{100 * share:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def row(cells: Sequence[str]) -> str:
    """Return a row of a table in Markdown."""
    return f"| {' | '.join(cells)} |"
