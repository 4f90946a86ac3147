"""Stories of liftlight-time.txt: which minutes it may name, and what comes of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.sync.time_file import PROBLEM, TIME_FILE, TimeFileError, named, take_time


def test_editors_of_all_kinds_may_write_it() -> None:
    text = "2027-01-15T21:05+01:00\r\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert named(text.encode(encoding)) == 1_800_043_500.0


@pytest.mark.parametrize("text", ["2027-1-5 9:05", "2027-01-05  09:05", "2027-01-05T9:05:00"])
def test_a_number_may_have_one_digit(text: str) -> None:
    assert named(text.encode()) == named(b"2027-01-05 09:05")


def test_a_doubled_ending_is_read(tmp_path: Path) -> None:
    (tmp_path / "liftlight-time.txt.txt").write_text("2027-01-15 21:05")
    assert take_time(tmp_path) is not None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["liftlight-time.rtf", "Liftlight-Time", "liftlight-time.t\udcff"])
def test_a_file_of_another_kind_is_not_passed_over_in_silence(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(r"{\rtf1 2027-01-15 21:05}")
    assert take_time(tmp_path) is None
    assert f"its name {TIME_FILE}" in (tmp_path / PROBLEM).read_text()
    assert take_time(tmp_path) is None  # The note itself is no such file.
    (tmp_path / TIME_FILE).write_text("2027-01-15 21:05")
    assert take_time(tmp_path) is not None
    assert {path.name for path in tmp_path.iterdir()} == {name}


def test_of_two_files_neither_is_believed(tmp_path: Path) -> None:
    names = {TIME_FILE, "liftlight-time.txt.txt"}
    for name in names:
        (tmp_path / name).write_text("2027-01-15 21:05")
    assert take_time(tmp_path) is None
    assert {path.name for path in tmp_path.iterdir()} == names | {PROBLEM}
    assert "Remove one of them" in (tmp_path / PROBLEM).read_text()


@pytest.mark.parametrize(
    "text",
    ["", "soon", "21:05", "2027-01-15", "1999-01-15 21:05", "9999-12-31 23:59", "x" * 9999,
     "2027-01-15 9:05 pm", "2027-01-15 21.05", "15.01.2027 21:05", "2027-13-1 9:05"],
)  # fmt: skip
def test_what_names_no_minute_stays_with_a_note_beside_it(tmp_path: Path, text: str) -> None:
    (tmp_path / TIME_FILE).write_text(text)
    with pytest.raises(TimeFileError):
        named(text.encode())
    assert take_time(tmp_path) is None
    assert (tmp_path / TIME_FILE).read_text() == text
    assert "Write one line such as" in (tmp_path / PROBLEM).read_text()
    (tmp_path / TIME_FILE).write_text("2027-01-15 21:05")
    assert take_time(tmp_path) is not None
    assert not (tmp_path / PROBLEM).exists()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("2027-01-15 21:05")
    (tmp_path / TIME_FILE).symlink_to(tmp_path / "elsewhere")
    assert take_time(tmp_path) is None
    assert (tmp_path / "elsewhere").exists()
