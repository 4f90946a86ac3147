"""The `liftlight` command as a person meets it: one line for a mistake, and the right exit code."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from device.camera.subject import Script, Subject, script
from tests.videos import write_video

FPS = 12.0
COMMANDS = ["run", "demo", "replay", "status", "doctor", "report", "sync", "restore", "panel-off"]


def liftlight(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "device", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def on_a_terminal(folder: Path, *arguments: str | Path) -> str:
    """Run it on a terminal of 80 columns, keys and all; return what is on the screen at the end."""
    shown = folder / "screen"
    command = shlex.join([sys.executable, "-m", "device", *map(str, arguments)])
    # As in util-linux: a terminal for another program, and a file of what it shows.
    done = subprocess.run(
        ["script", "--quiet", "--return", "--command", f"stty cols 80; {command}", shown],
        capture_output=True,
        timeout=300,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout
    written = shown.read_bytes().decode().split("\n", 1)[1].rsplit("\nScript done", 1)[0]
    # What a carriage return goes back over is erased by what follows it.
    return "\n".join(line.rsplit("\r", 1)[-1] for line in written.replace("\r\n", "\n").split("\n"))


def said_in_one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.stderr.startswith("liftlight: ")
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two good lifts by the synthetic subject, as a video file."""
    path = tmp_path_factory.mktemp("video") / "two_lifts.mp4"
    performance: Script = script("good", reps=2)
    subject = Subject(width=320, height=240)
    times = [n / FPS for n in range(int(performance.duration * FPS))]
    write_video(path, [subject.render(performance.at(t)) for t in times], fps=FPS)
    return path


def test_replay_tells_each_lift_as_a_line_of_json(video: Path, tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"

    done = liftlight("replay", video, "--events", events)

    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    assert [line["t"] for line in lines] == sorted(line["t"] for line in lines)
    reps = [line for line in lines if line["event"] == "rep"]
    assert [rep["number"] for rep in reps] == [1, 2]
    assert list(reps[0]) == [
        "t", "event", "number", "onset", "apex", "offset", "end",
        "hold", "peak", "left", "right", "notes",
    ]  # fmt: skip
    assert lines[-1]["event"] == "summary"
    assert lines[-1]["reps"] == 2
    assert lines[-1]["face_frames"] == lines[-1]["frames"]


def test_replay_writes_to_stdout_when_no_file_is_named(video: Path) -> None:
    done = liftlight("replay", video)

    assert done.returncode == 0
    assert json.loads(done.stdout.splitlines()[-1])["event"] == "summary"


def test_on_a_terminal_replay_speaks_to_a_person(video: Path, tmp_path: Path) -> None:
    said = on_a_terminal(tmp_path, "replay", video).replace("\x1b[K", "")

    lines = [line for line in said.splitlines() if line.strip()]
    assert max(map(len, lines)) <= 80
    seconds, words = zip(*(line.split(" s  ", 1) for line in lines), strict=True)
    assert words[0] == "a face is in sight"
    assert [one.split(" held")[0] for one in words[1:-1]] == ["rep 1:", "rep 2:"]
    assert words[-1] == "2 lifts counted, none refused"
    assert sorted(map(float, seconds)) == list(map(float, seconds))


def test_on_a_terminal_too_json_is_there_for_the_asking(video: Path, tmp_path: Path) -> None:
    said = on_a_terminal(tmp_path, "replay", video, "--events", "-").replace("\x1b[K", "")

    happened = [json.loads(line)["event"] for line in said.splitlines() if line.strip()]
    assert happened == ["face_found", "rep", "rep", "summary"]


def test_a_practised_lift_sets_the_measure_and_is_not_counted(video: Path) -> None:
    first = json.loads(liftlight("replay", video).stdout.splitlines()[1])
    assert first["event"] == "rep"

    span = f"{max(0.0, first['onset'] - 0.3):.2f}-{first['end'] + 0.1:.2f}"
    done = liftlight("replay", video, "--practised", span)

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    reps = [line for line in lines if line["event"] == "rep"]
    assert len(reps) == 1
    assert reps[0]["peak"] == pytest.approx(1.0, abs=0.2)


def test_replay_can_draw_what_it_saw(video: Path, tmp_path: Path) -> None:
    drawn, plot = tmp_path / "drawn.mp4", tmp_path / "plot.png"

    done = liftlight("replay", video, "--annotate", drawn, "--plot", plot)

    assert done.returncode == 0, done.stderr
    assert drawn.stat().st_size > 10_000
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert not list(tmp_path.glob(".*partial*"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("dance",),
        ("--dance",),
        ("status", "dance"),
        ("doctor", "--json", "--panel"),
        ("replay",),
        ("replay", "no_such_video.mp4"),
        ("replay", "."),
        ("replay", __file__),
        ("replay", __file__, "--practised", "7-3"),
        ("replay", __file__, "--plot", "plot.jpg"),
        ("run", "--camera", "telescope", "--panel", "terminal"),
        ("run", "--camera", "subject:nobody", "--panel", "terminal"),
        ("run", "--camera", "trace:/no/such/trace", "--panel", "terminal"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    extra = ("--data", tmp_path) if arguments[:1] == ("run",) else ()

    done = liftlight(*arguments, *extra)

    assert done.returncode == 2
    assert said_in_one_line(done)


def test_alone_it_shows_what_there_is() -> None:
    done = liftlight()

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == liftlight("--help").stdout
    assert all(f"    {name}" in done.stdout for name in COMMANDS)


def test_it_says_which_version_it_is() -> None:
    done = liftlight("--version")

    assert done.returncode == 0
    assert re.fullmatch(r"liftlight \d+\.\d+\.\d+\n", done.stdout)


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("relpay", "X.mp4"), "replay"),
        (("replay", "--evnts", "out.jsonl", "X.mp4"), "--events"),
        (("replay", "--plto=out.png", "X.mp4"), "--plot"),
        (("doctor", "--panel", "gpoi"), "gpio"),
    ],
)
def test_a_slip_of_the_keys_is_told_what_was_probably_meant(
    arguments: tuple[str, ...], meant: str
) -> None:
    done = liftlight(*arguments)

    assert done.returncode == 2
    assert f"did you mean {meant!r}?" in said_in_one_line(done)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_a_terminal_and_tells_the_exit_codes(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = liftlight(command, "--help")

    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert re.search(r"exit codes: 0 .*, 1 .*, 2 ", done.stdout)


def test_a_broken_video_leaves_no_half_written_events(video: Path, tmp_path: Path) -> None:
    broken, events = tmp_path / "broken.mp4", tmp_path / "events.jsonl"
    broken.write_bytes(video.read_bytes()[: video.stat().st_size // 2])

    done = liftlight("replay", broken, "--events", events)

    assert done.returncode == 2
    assert said_in_one_line(done)
    assert not events.exists()
    assert sorted(tmp_path.iterdir()) == [broken]


def test_events_are_not_written_over_a_folder(video: Path, tmp_path: Path) -> None:
    done = liftlight("replay", video, "--events", tmp_path)

    assert done.returncode == 2
    assert "folder" in said_in_one_line(done)


def test_without_gpio_the_device_says_so_and_fails(tmp_path: Path) -> None:
    done = liftlight("run", "--camera", "subject", "--panel", "gpio", "--data", tmp_path)

    assert done.returncode == 1
    assert "--panel terminal" in said_in_one_line(done)


def test_at_a_desk_a_folder_that_is_named_is_made(tmp_path: Path) -> None:
    data = tmp_path / "a" / "b"
    recording = tmp_path / "session.trace"
    done = liftlight("run", "--camera", f"trace:{recording}", "--panel", "terminal", "--data", data)
    assert done.returncode == 2
    assert str(recording) in said_in_one_line(done)
    assert data.is_dir()


def test_a_folder_that_cannot_be_made_is_the_callers_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = liftlight("run", "--panel", "terminal", "--data", tmp_path / "file" / "data")
    assert done.returncode == 2
    assert "--data" in said_in_one_line(done)


def test_at_a_desk_a_webcam_that_is_not_there_is_said_before_anybody_presses(
    tmp_path: Path,
) -> None:
    webcam = ["--camera", "v4l2:/dev/video99", "--panel", "terminal"]

    done = liftlight("run", *webcam, "--data", tmp_path / "data")

    assert done.returncode == 1
    assert "/dev/video99 is not there: plug it in" in said_in_one_line(done)
