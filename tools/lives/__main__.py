"""`python -m tools.lives`: thousands of random lives, each checked against the oracle."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from tools.lives.life import WEEKS, Tally, live

CHUNK = 20
SHOW_EVERY = 100
SHOWN = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the lives and print what was seen; return the exit code, 1 if a rule was broken."""
    parser = argparse.ArgumentParser(prog="python -m tools.lives", description=__doc__)
    parser.add_argument("--variants", type=int, default=2000, metavar="N")
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes")
    args = parser.parse_args(arguments)
    began = time.monotonic()
    results = []
    for result in _results(range(args.first, args.first + args.variants), args.jobs):
        results.append(result)
        if len(results) % SHOW_EVERY == 0:
            print(f"{len(results)} of {args.variants}", file=sys.stderr)
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


def _results(seeds: range, jobs: int) -> Iterator[Tally | str]:
    if jobs == 1:
        yield from map(live, seeds)
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=spawn) as pool:
        yield from pool.map(live, seeds, chunksize=CHUNK)


if __name__ == "__main__":
    raise SystemExit(main())
