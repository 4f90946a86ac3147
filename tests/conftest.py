"""What every test may ask for."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from device.camera.subject import CHARACTERS, PEOPLE, Player, Subject, SubjectCamera
from device.desk import demo
from tests import volumes

_handle = signal.signal  # A test's own stand-in for it is undone only after its end.
ROOT = Path(__file__).resolve().parent.parent
SMALL_FPS = 10.0
"""Every third picture of a real camera's: enough for each lift of the demo's people."""

# How long an example takes tells of the machine and of what else it does, not of us.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")

END_WITHIN_S = 600.0
"""As `timeout` in pyproject.toml, for what a test's fixtures do at its end."""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Give the end of a test a limit, too: pytest-timeout's is gone once anything has failed."""

    def give_up(*_: object) -> None:
        pytest.fail(f"its end took longer than {END_WITHIN_S} s")

    before = _handle(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, END_WITHIN_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        # None if it was set by a library in C.
        _handle(signal.SIGALRM, signal.SIG_DFL if before is None else before)


LONGEST = (
    "tests/desk/test_session_end_to_end.py",
    "tests/tools/test_readme.py",
    "tests/desk/test_demo.py",
    "tests/sync/test_volumes.py",
)
"""Begun first, so that no worker is left alone with one of them at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; the others keep their order."""

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(ROOT).as_posix()
        return LONGEST.index(path) if path in LONGEST else len(LONGEST)

    items.sort(key=place)


@pytest.fixture(scope="session")
def clips() -> Path:
    """The folder of annotated development clips; they are people's faces and not in the repo."""
    folder = Path(os.environ.get("LIFTLIGHT_CLIPS", ROOT.parent / "shared" / "clips"))
    if not folder.is_dir():
        pytest.skip(f"no clips at {folder}: set LIFTLIGHT_CLIPS to a folder of annotated clips")
    return folder


@pytest.fixture(params=("exfat", "fat"))
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of stick in turn; skips, and says what to install, where it cannot be mounted."""
    name: str = request.param
    volumes.can_mount(name)
    return name


@pytest.fixture
def small_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's people in a seventh of the pixels, and fewer pictures of them."""

    def camera(name: str, clock: object, fps: float) -> SubjectCamera:
        assert callable(clock)
        character = CHARACTERS[name]
        subject = Subject(PEOPLE[character.person], 240, 180)
        return SubjectCamera(
            Player(character), clock, SMALL_FPS, subject=subject, sleep=lambda _: None
        )

    monkeypatch.setattr(demo, "from_spec", camera)
