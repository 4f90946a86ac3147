"""Many clips at once: over the cores of this machine, or over those of a cluster.

Both ways run the same function on the same clips and hand each result over as it comes. A cluster
is an existing engine's (Dask distributed): it moves the work of a worker that died to another.
"""

from __future__ import annotations

import importlib
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from device.errors import CallerError, LiftLightError
from tools.evaluate.clip import Outcome, Replayed, code_version, outcome_of
from tools.evaluate.kept import Kept
from tools.evaluate.progress import Progress
from tools.scale import how_to_install

CONNECT_S = 20
"""How long a cluster may take to answer."""


class UnreadableClipsError(CallerError):
    """Some clips could not be replayed; the others were, and are kept."""


def replay_all(
    clips: Sequence[Path], kept: Kept, progress: Progress, jobs: int, cluster: str | None
) -> dict[Path, Replayed]:
    """Return the replay of every clip, from `kept` or made now in `jobs` processes.

    With `cluster`, an address of a scheduler, its workers do it; they must see the clips under
    the same paths. Raises UnreadableClipsError, after all others were replayed, for clips that are
    no videos, CallerError if there is no such cluster, LiftLightError if work was lost.
    """
    results: dict[Path, Replayed] = {}
    for clip in clips:
        found = kept.find(clip)
        if found is not None:
            results[clip] = found
    missing = [clip for clip in clips if clip not in results]
    progress.begin(len(clips), done=len(results))
    problems = []
    if missing:
        outcomes = _on_cluster(missing, cluster) if cluster else _here(missing, jobs)
        for clip, outcome in outcomes:
            if outcome.code != code_version():
                raise CallerError(
                    "a worker runs another LiftLight, or other models, than this process (or the "
                    "code was changed meanwhile): bring all to one version and run it again."
                )
            if outcome.replayed is None:
                problems.append(outcome.problem)
            else:
                results[clip] = Replayed.from_json(outcome.replayed)
                kept.keep(clip, results[clip])
            progress.one_more(clip.stem)
    if problems:
        raise UnreadableClipsError("; ".join(sorted(problems)))
    return {clip: results[clip] for clip in clips}


def _here(clips: Sequence[Path], jobs: int) -> Iterator[tuple[Path, Outcome]]:
    if min(jobs, len(clips)) == 1:
        for clip in clips:
            yield clip, outcome_of(str(clip))
        return
    # Started anew, not forked: a fork would copy the threads' locks, not their threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(clips)), mp_context=context) as pool:
        tasks = {pool.submit(outcome_of, str(clip)): clip for clip in clips}
        try:
            for task in as_completed(tasks):
                yield tasks[task], task.result()
        except BrokenProcessPool as error:
            raise LiftLightError(
                "a process that was replaying clips died (was memory short?): run it again with "
                "fewer --jobs; what was finished is kept if there is a folder for it."
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _on_cluster(clips: Sequence[Path], address: str) -> Iterator[tuple[Path, Outcome]]:
    try:
        # By name: it is an optional extra, and its types are not ours to check.
        distributed = importlib.import_module("distributed")
    except ImportError:
        raise CallerError(
            f"--cluster needs Dask distributed, which is not installed: {how_to_install()}"
        ) from None
    try:
        client = distributed.Client(address, timeout=CONNECT_S)
    except (OSError, TimeoutError, ValueError) as error:
        raise CallerError(
            f"no cluster answers at {address} ({error}): start one, or leave --cluster out."
        ) from error
    with client:
        tasks = {
            client.submit(outcome_of, str(clip.absolute()), pure=False): clip for clip in clips
        }
        # On a worker that dies the engine starts the clip again elsewhere, three times at most.
        for task in distributed.as_completed(tasks):
            if task.status != "finished":
                raise LiftLightError(
                    f"the cluster lost {tasks[task].name} ({task.exception()!r}): look at its "
                    "workers and run this again; what was finished is kept."
                )
            yield tasks[task], task.result()
