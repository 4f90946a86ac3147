"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from device import demo
from device.camera.subject import CHARACTERS, PEOPLE, Player, Subject, SubjectCamera
from tests import volumes

ROOT = Path(__file__).resolve().parent.parent
SMALL_FPS = 10.0
"""Every third picture of a real camera's: enough for each lift of the demo's people."""


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
