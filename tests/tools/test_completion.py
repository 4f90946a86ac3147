"""What a shell completes for somebody who types `liftlight` and presses Tab."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from device.camera.subject import CHARACTERS
from tools import completion

TAB = """
source "$1"; shift
COMP_WORDS=("$@")
COMP_CWORD=$(( $# - 1 ))
$(complete -p liftlight | sed "s/.* -F //; s/ .*//")
printf "%s\\n" "${COMPREPLY[@]}"
"""


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment in which the files were just written."""
    monkeypatch.setattr("sys.prefix", str(tmp_path / "venv"))
    assert completion.main(["--quiet"]) == 0
    return tmp_path / "venv"


@pytest.fixture
def tab(environment: Path, tmp_path: Path) -> Callable[..., set[str]]:
    """Press Tab after some words, in a folder with a video and a folder in it."""
    here = tmp_path / "here"
    (here / "stick").mkdir(parents=True)
    (here / "VIDEO.mp4").touch()

    def press(*words: str) -> set[str]:
        file = environment / completion.FILES["bash"]
        command = ["bash", "-c", TAB, "bash", str(file), *words]
        done = subprocess.run(
            command, cwd=here, capture_output=True, text=True, check=True, timeout=60
        )
        return set(done.stdout.split())

    return press


def test_commands_and_their_options_are_completed(tab: Callable[..., set[str]]) -> None:
    assert tab("liftlight", "re") == {"replay", "report", "restore"}
    assert tab("liftlight", "replay", "--p") == {"--practised", "--plot"}
    assert tab("liftlight", "doctor", "--j") == {"--json"}
    assert tab("liftlight", "run", "--panel", "") == {"gpio", "terminal"}


def test_files_folders_and_people_are_completed_where_they_belong(
    tab: Callable[..., set[str]],
) -> None:
    assert tab("liftlight", "replay", "V") == {"VIDEO.mp4"}
    assert tab("liftlight", "sync", "") == {"stick"}
    assert tab("liftlight", "demo", "") == set(CHARACTERS)


@pytest.mark.skipif(shutil.which("zsh") is None, reason="no zsh: sudo apt install zsh")
def test_zsh_takes_the_file_by_its_name(environment: Path) -> None:
    folder = (environment / completion.FILES["zsh"]).parent
    asks = (
        f"fpath=({folder} $fpath); autoload -U compinit; compinit -D -u; print $_comps[liftlight]"
    )
    done = subprocess.run(
        ["zsh", "-fc", f"{asks}; whence _liftlight"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.split() == ["_liftlight", "_liftlight"]
