"""`python -m tools.cue_table`: the table of cues in device/panel/README.md.

It is made of the patterns that the panel plays.
"""

from __future__ import annotations

import sys

from device.coach import cues
from device.panel import pattern, patterns
from tools.documents import bring_up_to_date
from tools.environment import ROOT, argument_parser

README = ROOT / "device" / "panel" / "README.md"


def table() -> str:
    """Return the table, one row a cue, in Markdown."""
    rows = ["| cue | means | light | sound |", "|---|---|---|---|"]
    for kind in cues.CueKind:
        match kind:
            case cues.CueKind.FIND_FACE:
                rows += (_row(f"{kind}: {aim}", patterns.AIMS[aim]) for aim in cues.Aim)
            case cues.CueKind.REP:
                rows.append(_row(kind, patterns.rep(1)))
            case cues.CueKind.REST_DAY:
                number = ", then a short note a day"
                rows.append(_row(kind, patterns.rest_day(0), number))
                rows.append(_row(f"{kind}: stay on", patterns.rest_day(0, stay_on=True), number))
            case cues.CueKind.FAULT:
                rows += (
                    _row(f"{kind} {number}: {broken}", patterns.fault(broken))
                    for broken, (number, _) in patterns.FAULTS.items()
                )
            case _:
                rows.append(_row(kind, (patterns.SESSION | patterns.OUTSIDE)[kind]))
    rows += [_row("quiet mode on", patterns.QUIET_ON), _row("quiet mode off", patterns.QUIET_OFF)]
    return "\n".join(rows) + "\n"


def _row(name: str, pattern: pattern.Pattern, number: str = "") -> str:
    return f"| {name} | {pattern.means} | {pattern.looks} | {pattern.sounds}{number} |"


PARTS = {"cues": table}


def main() -> int:
    """Write the table; return the exit code."""
    argument_parser("tools.cue_table", __doc__).parse_args()
    return bring_up_to_date(README, PARTS)


if __name__ == "__main__":
    sys.exit(main())
