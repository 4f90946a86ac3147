"""`python -m tools.rest_fuzz [--write]`: the rest rules, checked in random lives of a device.

Each life is twenty weeks with power cuts, wrong clocks and lost journals. What the device says is
held against an oracle that knows the true time and shares no code with it. Prints what happened,
how often each rule was checked, and every life in which one was broken. `--write` puts the sums
into device/coach/README.md.
"""

from __future__ import annotations

import sys
import textwrap
import time
from collections import Counter
from collections.abc import Sequence

from tools.documents import rewrite
from tools.environment import ROOT, argument_parser, in_one_line
from tools.processes import add_jobs, spread
from tools.rest_fuzz.life import WEEKS, Tally, live

PAGE = ROOT / "device" / "coach" / "README.md"
PART = "lives"
SHOW_EVERY = 100
SHOWN = 20


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the lives and print what was seen; return the exit code, 1 if a rule was broken."""
    parser = argument_parser("tools.rest_fuzz", __doc__)
    parser.add_argument("--variants", type=int, default=2000, metavar="N", help="lives")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="seed of the first")
    parser.add_argument("--write", action="store_true", help=f"put the sums into {PAGE.name}")
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
    if args.write:
        rewrite(PAGE, PART, in_words(len(results), len(broken), sums))
    return 1 if broken else 0


def in_words(lives: int, broken: int, sums: Tally) -> str:
    """Return a paragraph on what happened in so many lives, of which so many broke a rule."""
    happened = ", ".join(f"{count} {what}" for what, count in sums.happened.most_common())
    return textwrap.fill(
        f"In {lives} lives of {WEEKS} weeks there were {sums.asked} presses and {sums.sessions} "
        f"sessions, and besides: {happened}. {len(sums.checks)} rules were checked "
        f"{sums.checks.total()} times, and {broken or 'none'} of the lives broke one.",
        width=100,
    )


def _table(title: str, counts: Counter[str]) -> None:
    print(f"{title}:")
    for what, count in counts.most_common():
        print(f"{count:>10}  {what}")


if __name__ == "__main__":
    sys.exit(main())
