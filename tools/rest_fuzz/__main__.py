"""`python -m tools.rest_fuzz`: the rest rules, checked in thousands of random lives of a device.

Each life is twenty weeks with power cuts, wrong clocks and lost journals. What the device says is
held against an oracle that knows the true time and shares no code with it. Prints what happened,
how often each rule was checked, and every life in which one was broken.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence

from tools.environment import argument_parser
from tools.processes import add_jobs, spread
from tools.rest_fuzz.life import WEEKS, Tally, live

SHOW_EVERY = 100
SHOWN = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the lives and print what was seen; return the exit code, 1 if a rule was broken."""
    parser = argument_parser("tools.rest_fuzz", __doc__)
    parser.add_argument("--variants", type=int, default=2000, metavar="N", help="lives")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="seed of the first")
    add_jobs(parser)
    args = parser.parse_args(arguments)
    began = time.monotonic()
    seeds = range(args.first, args.first + args.variants)
    found: dict[int, Tally | str] = {}
    for seed, result in spread(live, seeds, args.jobs):
        found[seed] = result
        if len(found) % SHOW_EVERY == 0:
            print(f"{len(found)} of {args.variants}", file=sys.stderr)
    results = [found[seed] for seed in seeds]
    broken = [result for result in results if isinstance(result, str)]
    sums = Tally()
    for result in results:
        if isinstance(result, Tally):
            sums += result
    print(
        f"{len(results)} variants of {WEEKS} weeks in {time.monotonic() - began:.0f} s: "
        f"{sums.asked} presses, {sums.sessions} sessions; {len(broken)} broke a rule"
    )
    _table("what happened", sums.happened)
    _table(f"{len(sums.checks)} rules, checked {sums.checks.total()} times", sums.checks)
    for line in broken[:SHOWN]:
        print(line)
    return 1 if broken else 0


def _table(title: str, counts: Counter[str]) -> None:
    print(f"{title}:")
    for what, count in counts.most_common():
        print(f"{count:>10}  {what}")


if __name__ == "__main__":
    sys.exit(main())
