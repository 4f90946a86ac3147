"""Write the table of cues in device/panel/README.md from the patterns the panel plays.

python -m tools.cue_table
"""

from __future__ import annotations

import sys
from pathlib import Path

from device.coach.cues import Aim, CueKind
from device.panel.pattern import Pattern
from device.panel.patterns import FAULTS, HEARD, OUTSIDE, QUIET, fault, rep, rest_day
from device.panel.session_patterns import AIMS, SESSION
from tools.marked import bring_up_to_date

README = Path(__file__).resolve().parent.parent / "device" / "panel" / "README.md"


def table() -> str:
    """Return the table, one row a cue, in Markdown."""
    rows = ["| cue | means | light | sound |", "|---|---|---|---|"]
    for kind in CueKind:
        match kind:
            case CueKind.FIND_FACE:
                rows += (_row(f"{kind}: {aim}", AIMS[aim]) for aim in Aim)
            case CueKind.REP:
                rows.append(_row(kind, rep(1)))
            case CueKind.REST_DAY:
                rows.append(_row(kind, rest_day(1)))
                rows.append(_row(f"{kind}: stay on", rest_day(1, stay_on=True)))
            case CueKind.FAULT:
                rows += (
                    _row(f"{kind} {number}: {broken}", fault(broken))
                    for broken, (number, _) in FAULTS.items()
                )
            case _:
                rows.append(_row(kind, (SESSION | OUTSIDE)[kind]))
    rows += [_row("quiet mode on", QUIET), _row("quiet mode off", HEARD)]
    return "\n".join(rows) + "\n"


def _row(name: str, pattern: Pattern) -> str:
    return f"| {name} | {pattern.means} | {pattern.looks} | {pattern.sounds} |"


PARTS = {"cues": table}


if __name__ == "__main__":
    sys.exit(bring_up_to_date(README, PARTS))
