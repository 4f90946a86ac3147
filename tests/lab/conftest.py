"""The lab's stories take minutes and need programs of their own: `make lab` runs them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tools.lab.installed import READY, lent, ready_system
from tools.lab.machine import Machine
from tools.lab.need import NeedError

REPORT = pytest.StashKey[list[str]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip them, and say so, in a run of the whole suite."""
    if os.environ.get("LIFTLIGHT_LAB"):
        return
    for item in items:
        if "tests/lab/" in item.path.as_posix():
            item.add_marker(pytest.mark.skip(reason="a story of the virtual lab: run `make lab`"))


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
        yield machine


@pytest.fixture
def ready(emulator: Machine) -> Machine:
    """A machine of this story's own: LiftLight is installed and has just said that it is ready."""
    emulator.load(READY)
    return emulator


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
