"""What output may replace, and a stdout that takes nothing: one line, and all else untouched."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from device.cli import main
from device.errors import CallerError
from device.files import STDOUT, keep_apart, text_file, whole_file
from tests.folders import device

ROOT = Path(__file__).parents[2]
TRACE = ROOT / "tests/lab/session.csv"
"""A session's numbers: replayed in a second."""


def a_device(path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root makes a device, and only root could replace one")


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


KINDS: dict[str, Callable[[Path], None]] = {
    "a device": a_device,
    "a pipe": os.mkfifo,
    "a socket": a_socket,
    "a folder": Path.mkdir,
    "a link": lambda path: path.symlink_to("/nowhere"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_is_named_and_stays(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "there"
    KINDS[kind](path)
    before = path.lstat()
    with pytest.raises(CallerError, match=f"there is {kind}: name a new"), whole_file(path):
        pass
    assert path.lstat() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_where_the_half_written_file_would_be_is_not_followed(tmp_path: Path) -> None:
    other, link = tmp_path / "other", tmp_path / ".new.partial"
    other.write_text("kept")
    link.symlink_to(other)
    with pytest.raises(CallerError, match="is a link"), whole_file(tmp_path / "new"):
        pass
    assert other.read_text() == "kept"


@pytest.mark.parametrize("name", ["", "/", ".", "..", "n" * 300, "missing/new", "file/new"])
def test_what_can_be_no_file_is_the_callers_mistake(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(CallerError, match="name"), whole_file(Path(name)):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("output", ["--events", "--plot"])
def test_a_disk_that_takes_no_more_is_told_in_one_line_and_nothing_is_left(
    output: str, tmp_path: Path
) -> None:
    path = tmp_path / ("new.png" if output == "--plot" else "new.jsonl")
    command = f"ulimit -f 0; exec {sys.executable} -m device replay {TRACE} {output} {path}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("make room on its disk.")
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["doctor", "demo"])
def test_a_disk_that_takes_nothing_at_all_is_no_traceback(command: str, tmp_path: Path) -> None:
    """Nowhere is there room for a file of a moment; doctor is what is asked then for the cure."""
    command = f"ulimit -f 0; exec {sys.executable} -m device {command}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if "doctor" in command:
        assert "buzzer" in done.stdout
        assert done.stderr == ""
    else:
        assert done.returncode == 1
        assert "make room on the disk" in done.stderr
        assert done.stderr.count("\n") == 1


def test_what_is_read_may_not_be_what_the_output_is_called_meanwhile(tmp_path: Path) -> None:
    """As when a replay was killed, and what it left is looked at."""
    left = tmp_path / ".new.partial.csv"
    left.write_text("kept")
    with pytest.raises(CallerError, match="is what is read"):
        keep_apart([left], [tmp_path / "new.csv"])


def test_a_regular_file_is_replaced_once_all_went_well(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("before")
    with pytest.raises(ZeroDivisionError), text_file(path) as lines:
        lines.write("half")
        _ = 1 / 0
    assert path.read_text() == "before"
    with text_file(path) as lines:
        lines.write("after")
    assert path.read_text() == "after"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_that_is_no_unicode_is_no_reason_to_write_nothing(tmp_path: Path) -> None:
    path, name = tmp_path / "page.html", os.fsdecode(b"caf\xe9.mp4")
    with text_file(path) as lines:
        lines.write(name)
    assert path.read_text(encoding="utf-8") == "caf\\udce9.mp4"


def test_what_is_read_is_never_written_whatever_it_is_called(tmp_path: Path) -> None:
    film, other = tmp_path / "film.mp4", tmp_path / "other.mp4"
    film.touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.mp4").symlink_to(film)
    (tmp_path / "twin.mp4").hardlink_to(film)
    for name in ("film.mp4", "folder/../film.mp4", "twin.mp4", "link.mp4"):
        with pytest.raises(CallerError, match="is what is read"):
            keep_apart([film], [other, tmp_path / name])
        with pytest.raises(CallerError, match="is what is read"):
            keep_apart([tmp_path / "link.mp4"], [tmp_path / name])
    with pytest.raises(CallerError, match="named twice"):
        keep_apart([film], [other, None, tmp_path / "folder/../other.mp4"])
    keep_apart([film], [other, None, STDOUT, STDOUT])


@pytest.mark.parametrize("option", ["--events", "--plot"])
def test_replay_leaves_its_recording_and_all_that_is_no_file(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = tmp_path / "session.csv"
    shutil.copy(TRACE, recording)
    (tmp_path / "pipe.png").symlink_to(recording)
    for name in ("pipe.png", "session.csv", "", "/"):
        path = str(tmp_path / name) if name.strip("/") else name
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path)
            try:
                assert main(["replay", str(recording), option, path]) == 2
            except SystemExit as exits:
                assert exits.code == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert recording.read_bytes() == TRACE.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pipe.png", "session.csv"]


def test_a_hyphen_is_stdout_for_text_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["replay", str(TRACE), "--events", "-"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["event"] == "summary"
    assert main(["replay", str(TRACE), "--plot", "-"]) == 2
    assert main(["demo", "--record", "-"]) == 2
    assert not list(tmp_path.iterdir())


def test_a_report_that_is_a_link_is_not_written_through(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, other = device(tmp_path / "data", 1), tmp_path / "other"
    other.write_text("kept")
    (tmp_path / "report.html").symlink_to(other)
    assert main(["report", str(tmp_path), "--data", str(data)]) == 2
    assert "report.html is a link" in capsys.readouterr().err
    assert other.read_text() == "kept"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return device(tmp_path_factory.mktemp("told") / "data", 1)


class TestAStdoutThatTakesNothing:
    """Closed, on a disk that is full, or with nobody at the other end."""

    @staticmethod
    def told(
        arguments: list[str], to: str, stdout: int = subprocess.DEVNULL
    ) -> subprocess.CompletedProcess[str]:
        """Run the command as a shell does that was given `to`, a redirection."""
        line = f'exec "$0" -m device "$@" {to}'
        return subprocess.run(
            ["/bin/sh", "-c", line, sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            timeout=300,
            check=False,
            cwd=ROOT,
        )

    @pytest.mark.parametrize("to", [">/dev/full", ">&-"])
    @pytest.mark.parametrize(
        "command", ["status", "report", "sync", "restore", "replay", "doctor", "demo", "--help"]
    )
    def test_is_one_line_and_exit_code_1(
        self, command: str, to: str, data: Path, tmp_path: Path
    ) -> None:
        arguments = [command]
        if command in ("report", "sync"):
            arguments.append(str(tmp_path))
        if command == "restore":
            assert main(["sync", str(tmp_path), "--data", str(data)]) == 0
            arguments.append(str(tmp_path))
        if command == "replay":
            arguments.append(str(TRACE))
        elif command not in ("demo", "--help"):
            arguments += ["--data", str(data)]
        done = self.told(arguments, to)
        assert done.returncode == 1
        assert done.stderr.startswith("liftlight: stdout takes nothing more (")
        assert done.stderr.count("\n") == 1

    def test_is_one_line_without_a_reader_and_unbuffered_too(
        self, data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PYTHONUNBUFFERED", "1")
        reader, writer = os.pipe()
        os.close(reader)
        try:
            done = self.told(["status", "--data", str(data)], "", writer)
        finally:
            os.close(writer)
        assert done.returncode == 1
        assert "(Broken pipe)" in done.stderr
        assert done.stderr.count("\n") == 1

    def test_does_not_keep_a_command_from_its_work(self, data: Path, tmp_path: Path) -> None:
        """The first file that is opened gets no closed stream's number."""
        done = self.told(["sync", str(tmp_path), "--data", str(data)], ">&- 2>&- <&-")
        assert done.returncode == 1
        assert list(tmp_path.glob("*/export-1/manifest.json"))


def test_a_stderr_that_takes_nothing_keeps_no_command_from_its_work(tmp_path: Path) -> None:
    """As a log on a disk that is full: what is said there is lost, and nothing else."""
    shutil.copy(TRACE, tmp_path / "evening.csv")
    (tmp_path / "evening.json").write_text('{"lifts": 1}')
    figures = tmp_path / "figures.json"
    line = 'exec "$0" -m tools.evaluate "$@" 2>/dev/full'
    command = ["/bin/sh", "-c", line, sys.executable, str(tmp_path), "--json", str(figures)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, check=False, cwd=ROOT
    )
    assert done.returncode == 0
    assert "evening" in done.stdout
    assert json.loads(figures.read_text())["clips"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["doctor", "--data", "nowhere"], 0),
        (["replay", str(TRACE), "--events", "events.jsonl"], 2),
        (["replay", "session.csv"], 2),
        (["report", ".", "--data", "data"], 1),
        (["sync", ".", "--data", "data"], 1),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else str(value),
)
def test_in_a_folder_that_was_deleted_nothing_is_a_traceback(
    arguments: list[str], code: int, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    # As the installed command, which has no working folder among its paths (-P).
    script = 'rmdir "$1"; shift; exec "$0" -P -c "$@"'
    program = "import sys, device.cli; sys.exit(device.cli.main())"
    done = subprocess.run(
        ["/bin/sh", "-c", script, sys.executable, str(gone), program, *arguments],
        cwd=gone,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") <= 1
    assert done.returncode == code
