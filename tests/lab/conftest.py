"""The lab's stories take minutes and need programs of their own: `make lab` runs them.

Three workers share them (pytest-xdist): while one makes the machine, the others tell the stories
that need none.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tools.lab.installed import READY, installed_system, lent, ready_system
from tools.lab.machine import Machine
from tools.lab.needs import NeedError
from tools.lab.steps import lab_folder, made

WITHIN_S = 3000
"""For one story: the machine may have to be made for it, and a boot takes up to `BOOT_WITHIN_S`."""
REPORT = pytest.StashKey[list[str]]()
SHORT = ("test_arm.py", "test_hasty_cuts.py")
"""The lab's short form, some two minutes: `make test` runs it too, where QEMU is."""
FIRST = (
    # One that makes the machine, one that mostly waits, and one that needs no machine.
    "test_a_wrong_clock_at_the_start_unlocks_nothing",
    "test_whatever_is_cut_nothing_acknowledged_is_lost_and_nothing_unlocks_early",
    "test_a_video_is_counted_as_it_is_here",
    # What follows them: the next that mostly waits, and what needs no machine while that is made.
    "test_without_a_data_partition_the_fault_is_shown",
    "test_a_session_is_counted",
    "test_the_next_boot_makes_a_place_for_the_data",
    "test_the_cores_stories_hold",
    "test_a_journal_that_does_not_flush_would_be_caught",
    "test_the_same_haste_with_flushes_loses_nothing",
    # And long ones, so that nobody is left with one at the end.
    "test_one_boot_is_open_and_the_next_is_closed_again",
    "test_a_card_that_died_is_restored_from_its_stick_and_rests",
)
"""How the stories begin. Three workers share two cores, for some of these only wait."""
FIGURES = "figures"
"""What a worker hands over at its end."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put them in order; in a run of the whole suite skip the long ones, and say so."""
    ours = [item for item in items if "tests/lab/" in item.path.as_posix()]
    for item in ours:
        item.add_marker(pytest.mark.timeout(WITHIN_S))
    if os.environ.get("LIFTLIGHT_LAB"):
        items[:] = [*(item for item in items if item not in ours), *in_order(ours)]
        return
    for item in ours:
        if item.path.name not in SHORT:
            item.add_marker(pytest.mark.skip(reason="a story of the virtual lab: run `make lab`"))


def in_order(stories: list[pytest.Item]) -> list[pytest.Item]:
    """Put `FIRST` first, then the others, those with the machine at the end.

    A worker takes two of them at its start: the first three begin, and the next three follow.
    """

    def place(item: pytest.Item) -> tuple[int, bool]:
        name = getattr(item, "originalname", item.name)
        first = FIRST.index(name) if name in FIRST else len(FIRST)
        return first, "emulator" in getattr(item, "fixturenames", ())

    return sorted(stories, key=place)


def pytest_report_header() -> list[str]:
    """Say where the lab keeps its machine, and how long it took to make."""
    if not os.environ.get("LIFTLIGHT_LAB"):
        return []
    return [f"virtual lab: {lab_folder()} holds {', '.join(made()) or 'nothing yet'}"]


@pytest.fixture(scope="session")
def lab_report(request: pytest.FixtureRequest) -> list[str]:
    """Lines to show at the end: what was measured."""
    return request.config.stash.setdefault(REPORT, [])


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The emulated machine that all stories share; take `ready` instead."""
    system = ready_system()
    scratch = tmp_path_factory.mktemp("emulator")
    disk = lent(system, scratch)
    with Machine(system, scratch, disk, exact=True, moment=READY) as machine:
        machine.pause()
        yield machine


@pytest.fixture
def installation(emulator: Machine) -> Path:
    """What `install.sh` said on that machine: see `installed_system`."""
    return installed_system()[1]


@pytest.fixture
def ready(emulator: Machine) -> Iterator[Machine]:
    """A machine of this story's own: LiftLight is installed and has just said that it is ready."""
    emulator.load(READY)
    yield emulator
    emulator.pause()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over what this worker's stories measured."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output[FIGURES] = session.config.stash.get(REPORT, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take it over from a worker."""
    measured = getattr(node, "workeroutput", {}).get(FIGURES, [])
    node.config.stash.setdefault(REPORT, []).extend(measured)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Show what the stories measured."""
    if lines := config.stash.get(REPORT, []):
        terminalreporter.section("the lab's figures")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Iterator[None]:
    """Skip what lacks a program, and name the install."""
    with _skipped_for_need():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """The same for what finds out in the middle."""
    with _skipped_for_need():
        yield


@contextmanager
def _skipped_for_need() -> Iterator[None]:
    try:
        yield
    except NeedError as error:
        pytest.skip(f"the virtual lab cannot run here: {error}")
