"""`python -m tools.lives`: thousands of random lives, each checked against the oracle."""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor

from tools.lives.life import WEEKS, Life, RuleBroken, Tally


def live(seed: int) -> Tally | str:
    """Live one life; return what was seen, or how a rule was broken."""
    try:
        return Life(seed).live()
    except RuleBroken as broken:
        return f"variant {seed}: {broken}"


def main() -> int:
    """Run the lives and print what was seen."""
    parser = argparse.ArgumentParser(prog="python -m tools.lives", description=__doc__)
    parser.add_argument("--variants", type=int, default=2000, metavar="N")
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    args = parser.parse_args()
    began = time.monotonic()
    seeds = range(args.first, args.first + args.variants)
    with ProcessPoolExecutor(args.jobs) as pool:
        results = list(pool.map(live, seeds, chunksize=20))
    broken = [result for result in results if isinstance(result, str)]
    lives = [result for result in results if isinstance(result, Tally)]
    print(
        f"{len(results)} variants of {WEEKS} weeks in {time.monotonic() - began:.0f} s: "
        f"{sum(life.asked for life in lives)} presses, "
        f"{sum(life.sessions for life in lives)} sessions, "
        f"{sum(life.cuts for life in lives)} power cuts; "
        f"{len(broken)} broke a rule"
    )
    print("\n".join(broken[:20]))
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
