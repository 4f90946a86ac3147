"""Every command in the README is tried here, and nothing in it leads nowhere."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import cv2
import pytest

from device.camera.subject import Subject, script
from device.cli import main
from device.desk import demo
from device.settings import SessionSettings, Settings
from tests.processes import running
from tests.videos import write_video
from tools import completion, readme_film, readme_picture
from tools.long_log import write_weeks

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
NO_SUCH_CAMERA = "v4l2:/dev/video99"
ENDS_WITHIN_S = 60.0

INDENTED = re.compile(r"^    (\S.*?)(?:\s{2,}#.*)?$", re.MULTILINE)
"""A command in a block of its own, without its comment."""
INLINE = re.compile(r"`((?:liftlight|python -m|make) ?[^`]*)`")


def commands() -> list[str]:
    """Every command in the README, as a shell would get it, each once."""
    found = [*INDENTED.findall(README), *(" ".join(one.split()) for one in INLINE.findall(README))]
    plain = (one.removeprefix(".venv/bin/") for one in found)
    return list(dict.fromkeys(plain))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a device's data, an empty stick and a video of one lift."""
    folder = tmp_path_factory.mktemp("readme")
    for name in ("data", "stick", "DIR"):
        (folder / name).mkdir()
    write_weeks(folder / "data" / "journal.db", 2)
    performance = script("good", reps=1)
    subject = Subject(width=240, height=180)
    times = [n / 12 for n in range(int(performance.duration * 12))]
    write_video(folder / "VIDEO.mp4", [subject.render(performance.at(t)) for t in times], fps=12)
    return folder


def liftlight(*arguments: str) -> int:
    try:
        return main(arguments)
    except SystemExit as error:
        return int(error.code or 0)


def with_data(command: str, place: Path, code: int = 0) -> None:
    assert liftlight(*command.split()[1:], "--data", str(place / "data")) == code


def tried_by_replay(command: str, place: Path) -> None:
    written = [word for word in command.split() if word.startswith("seen.")]
    words = command.split()[1:]
    if "VIDEO" in words:
        words[words.index("VIDEO")] = "VIDEO.mp4"
    assert liftlight(*words) == 0
    for name in written:
        assert (place / name).stat().st_size > 1000


def tried_by_run(command: str, place: Path) -> None:
    """It waits for its button, or says in one line what this machine lacks."""
    words = command.replace("v4l2:/dev/video0", NO_SUCH_CAMERA).split()[1:]
    with running(
        [sys.executable, "-m", "device", *words, "--data", str(place / "data")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
    ) as device:
        assert device.stdout is not None
        waits = bool(device.stdout.readline())
        device.terminate()
        _, said = device.communicate(timeout=ENDS_WITHIN_S)
    assert device.returncode == (0 if waits else 1), said
    assert "Traceback" not in said
    assert waits or said.count("\n") == 1


def tried_by_doctor(command: str, place: Path) -> None:
    """At a desk something is always missing."""
    assert liftlight(*command.split()[1:], "--data", str(place / "data")) in (0, 1)


def tried_by_restore(command: str, place: Path) -> None:
    with_data(command.replace("restore", "sync"), place)
    new = place / "new card"
    new.mkdir()
    assert liftlight(*command.split()[1:], "--data", str(new)) == 0


def tried_by_demo(command: str, place: Path) -> None:
    """A whole session, on small pictures; without a screen a window is refused in one line."""
    words = command.split()[1:]
    assert liftlight(*words) == (2 if "--window" in words else 0)
    for word in words:
        assert not word.endswith(".mp4") or (place / word).stat().st_size > 1000


def tried_by_make(command: str, place: Path) -> None:
    """It would run a command that is tried by itself; what runs this ran `make test`."""
    words = [*command.split(), "--dry-run", f"VENV={sys.prefix}"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, cwd=ROOT, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    runs = {"run": "liftlight demo", "test": "python -m pytest"}
    assert runs.get(command.removeprefix("make "), "") in done.stdout


def tried_by_source(command: str, place: Path) -> None:
    """The file is where `make` writes it, in the environment that runs this."""
    path = Path(command.split()[1])
    assert path.parts[0] == ".venv"
    assert Path(*path.parts[1:]) == Path(completion.FILES["bash"])
    done = subprocess.run(
        ["bash", "-c", 'source <(cat) && complete -p liftlight'],
        input=completion.completion("bash"), text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0


@cache
def shot() -> readme_picture.Film:
    """What `tools.readme_picture` films, once for all who look at it."""
    return readme_picture.shoot(readme_picture.SHOWN_S)


def tried_by_picture(command: str, place: Path) -> None:
    taken = shot()
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(readme_picture, "OUT", place / "session.svg")
        monkeypatch.setattr(readme_picture, "shoot", lambda moments: taken)
        assert readme_picture.main([]) == 0
    assert "</svg>" in (place / "session.svg").read_text()


def tried_by_film(command: str, place: Path) -> None:
    """On a recording of a small demo, as it would make a large one for itself."""
    recording = place / "sleepy.mp4"
    if not recording.exists():  # `liftlight demo sleepy --record sleepy.mp4` was not tried before
        assert liftlight("demo", "sleepy", "--record", str(recording)) == 0
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(readme_film, "WEBP", place / "session.webp")
        monkeypatch.setattr(readme_film, "MP4", place / "session.mp4")
        assert readme_film.main([str(recording)]) == 0
    assert (place / "session.webp").stat().st_size > 1000


def tried_by_evaluate(command: str, place: Path) -> None:
    shutil.copy(place / "VIDEO.mp4", place / "DIR" / "X.mp4")
    about = {"lifts": 1, "lifts_held_2s": 1, "count_range": [1, 1], "count_ambiguous": False}
    (place / "DIR" / "X.json").write_text(json.dumps(about))
    assert main_of("tools.evaluate")(command.split()[3:]) == 0


def tried_by_cohort(command: str, place: Path) -> None:
    """It reads a stick, or says in one line what to install."""
    exports = place / "DIR_OF_EXPORTS"
    exports.mkdir(exist_ok=True)
    with_data(f"liftlight sync {exports}", place)
    there = importlib.util.find_spec("ibis") is not None
    with warnings.catch_warnings():
        # Ibis calls what DuckDB deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        assert main_of("tools.cohort")(command.split()[3:]) == (0 if there else 2)
    assert (place / "cohort" / "cohort.html").exists() == there


def tried_by_record(command: str, place: Path) -> None:
    """`tests/tools/test_record.py` has whole recordings; without a webcam nothing is kept."""
    words = [*command.split()[3:], "--camera", NO_SUCH_CAMERA]
    assert main_of("tools.record")(words) == 1
    assert not list(place.glob("OUT/*"))


def main_of(tool: str) -> Callable[[Sequence[str]], int]:
    package = importlib.util.find_spec(tool)
    assert package is not None, f"there is no {tool}"
    module = f"{tool}.__main__" if package.submodule_search_locations else tool
    found: Callable[[Sequence[str]], int] = importlib.import_module(module).main
    return found


def tried_by_help(command: str, place: Path) -> None:
    assert liftlight(*command.split()[1:]) == 0


TRIED: dict[str, Callable[[str, Path], None]] = {
    "liftlight --help": tried_by_help,
    "liftlight run": tried_by_run,
    "liftlight demo": tried_by_demo,
    "liftlight replay": tried_by_replay,
    "liftlight status": with_data,
    "liftlight doctor": tried_by_doctor,
    "liftlight report": with_data,
    "liftlight sync": with_data,
    "liftlight restore": tried_by_restore,
    "liftlight panel-off": lambda command, place: with_data(command, place, code=1),
    "make": tried_by_make,
    "source": tried_by_source,
    "python -m tools.evaluate": tried_by_evaluate,
    "python -m tools.cohort": tried_by_cohort,
    "python -m tools.record": tried_by_record,
    "python -m tools.readme_picture": tried_by_picture,
    "python -m tools.readme_film": tried_by_film,
}


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_readme_works(
    command: str, place: Path, small_people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways = [way for begin, way in TRIED.items() if command.startswith(begin)]
    assert ways, f"nobody tries `{command}`: say in TRIED how"
    monkeypatch.chdir(place)
    monkeypatch.delenv("DISPLAY", raising=False)
    # A session of three lifts is one too; `tests/desk` has whole ones.
    short = Settings(session=SessionSettings(reps=3))
    monkeypatch.setattr(demo, "Settings", lambda: short)
    ways[0](command, place)


def test_every_command_that_there_is_stands_in_the_readme(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert liftlight("--help") == 0
    there = re.findall(r"^    ([a-z-]+) ", capsys.readouterr().out, re.MULTILINE)
    assert there
    for command in there:
        assert f"`liftlight {command}" in README


@pytest.mark.parametrize(
    "document", ["README.md", "CONTRIBUTING.md", "device/README.md", "tools/README.md"]
)
def test_every_link_leads_somewhere(document: str) -> None:
    path = ROOT / document
    for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / link).exists(), link


def test_the_tools_page_names_every_command_and_no_other() -> None:
    page = (ROOT / "tools" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.+?) \|", page, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([\w.]+)", row)}
    for name in named:
        assert importlib.util.find_spec(f"tools.{name}"), name
    tools = ROOT / "tools"
    commands = {
        path.stem
        for path in tools.glob("*.py")
        if "argument_parser(" in path.read_text(encoding="utf-8")
    }
    commands |= {path.parent.name for path in tools.glob("*/__main__.py")}
    assert commands - {"environment"} <= named


def test_the_devices_page_names_its_files_and_no_others() -> None:
    page = (ROOT / "device" / "README.md").read_text(encoding="utf-8")
    below = {path.name for path in (ROOT / "device").rglob("*.py")}
    here = {path.name for path in (ROOT / "device").glob("*.py") if "__" not in path.name}
    named = set(re.findall(r"`(?:\w+/)?(\w+\.py)`", page))
    assert here <= named <= below


def test_the_picture_says_what_the_program_says_of_those_lifts() -> None:
    said = [readme_picture.label(verdict) for verdict in shot().verdicts]
    kinds = [words.split(":")[0] for words in said]
    assert kinds == ["rep 1", "too short", "one sided", "rep 2"]
    drawn = readme_picture.OUT.read_text(encoding="utf-8")
    assert [words for words in said if f">{words}<" not in drawn] == [], "run tools.readme_picture"


@pytest.mark.parametrize("path", [readme_film.WEBP, readme_film.MP4])
def test_the_film_is_one_and_small_enough_for_a_page(path: Path) -> None:
    assert path.stat().st_size <= readme_film.LARGEST_BYTES
    video = cv2.VideoCapture(str(path))
    assert path.suffix == ".webp" or video.get(cv2.CAP_PROP_FRAME_COUNT) > 100
    video.release()
