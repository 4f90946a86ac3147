"""Work that is spread over processes, one result at a time."""

from __future__ import annotations

import argparse
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from device.errors import LiftLightError

Item = TypeVar("Item")
Result = TypeVar("Result")


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """Give a command the option --jobs."""
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=_jobs,
        default=cores(),
        help="processes at once (default: one a core)",
    )


def _jobs(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of processes, as in 4")
    return int(text)


def spread(
    work: Callable[[Item], Result], items: Sequence[Item], jobs: int
) -> Iterator[tuple[Item, Result]]:
    """Yield each item with what `work` returns for it, as the results come.

    One job does them here, in order; more do them in so many new processes. Raises LiftLightError
    if one of these dies.
    """
    jobs = min(jobs, len(items))
    if jobs <= 1:
        for item in items:
            yield item, work(item)
        return
    # Started anew, not forked: a fork would copy the threads' locks, not their threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        tasks = {pool.submit(work, item): item for item in items}
        try:
            for task in as_completed(tasks):
                yield tasks[task], task.result()
        except BrokenProcessPool as error:
            raise LiftLightError(
                "a process died in the middle of its work (was memory short?): run it again with "
                "fewer --jobs; what was finished and kept is not done again."
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
