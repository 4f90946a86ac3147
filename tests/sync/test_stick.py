"""Stories of the stick: two generations, one always whole, and nothing on it trusted."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from device.clock import ClockReading, SystemClock
from device.coach import events
from device.errors import CallerError
from device.journal import DiskError, Journal
from device.panel import Pins
from device.settings import Settings, load
from device.sync import noted_copy, stick
from device.sync.errors import DamagedExportError, SyncError
from device.sync.export import (
    FILES,
    GENERATIONS,
    MANIFEST,
    Manifest,
    verify,
    whole_generations,
)
from device.sync.stick import Synced, sync, sync_command
from tests.folders import damage_clock_spans, device, empty
from tests.journal_kit import HandClock, ended, rep, started
from tools.long_log import reading

NOW = reading(30 * 86400.0)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return device(tmp_path / "data", 2)


@pytest.fixture
def plugged(tmp_path: Path) -> Path:
    return empty(tmp_path / "stick")


def export(data: Path, plugged: Path, now: ClockReading = NOW) -> Synced:
    return sync(data, plugged, now)


def everything(folder: Path) -> dict[str, bytes | None]:
    """What lies in a folder, link or file, by its path."""
    found: dict[str, bytes | None] = {}
    for path in sorted(folder.rglob("*")):
        plain = path.is_file() and not path.is_symlink()
        found[str(path.relative_to(folder))] = path.read_bytes() if plain else None
    return found


def test_a_stick_gets_all_files_and_a_manifest_that_any_tool_can_check(
    data: Path, plugged: Path
) -> None:
    done = export(data, plugged)

    assert sorted(path.name for path in done.folder.iterdir()) == sorted([*FILES, MANIFEST])
    manifest = json.loads((done.folder / MANIFEST).read_text())
    for name, content in manifest["files"].items():
        found = (done.folder / name).read_bytes()
        assert hashlib.sha256(found).hexdigest() == content["sha256"]
        assert len(found) == content["bytes"]
    assert (done.folder.parent / "settings.toml").is_file()


def test_beside_the_exports_lies_what_a_person_opens(data: Path, plugged: Path) -> None:
    with Journal(data / "journal.db", HandClock()) as journal:
        journal.write(events.Fault(1.0, events.FaultKind.CAMERA, "no picture: see the cable"))

    done = export(data, plugged)

    home = done.folder.parent
    assert (home / "open-me.html").read_bytes() == (done.folder / "report.html").read_bytes()
    explained = (home / "read-me.txt").read_text(encoding="utf-8-sig")
    assert len(re.findall(r"\.(?=\s)", explained)) == 2, "two sentences"
    health = (home / "health.txt").read_text(encoding="utf-8-sig")
    assert "The camera gave no picture." in health
    assert "For whoever helps: no picture: see the cable" in health
    assert "Room for the log: " in health
    listed = json.loads((done.folder / MANIFEST).read_text())["beside"]
    assert set(listed) == {"open-me.html", "health.txt", "read-me.txt"}


def test_for_health_txt_no_other_program_is_asked(
    data: Path, plugged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits for a stick waits for no command, and this process has no rights to use one."""

    def no_program(*_: object, **__: object) -> None:
        raise AssertionError("a program was started")

    monkeypatch.setattr(subprocess, "Popen", no_program)
    assert (export(data, plugged).folder.parent / "health.txt").exists()


def test_doctor_that_breaks_loses_no_export(
    data: Path, plugged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("the sensor is gone")

    monkeypatch.setattr(os, "statvfs", broken)
    home = export(data, plugged).folder.parent
    assert "the check itself broke" in (home / "health.txt").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("name", ["open-me.html", "health.txt", "read-me.txt"])
def test_something_in_the_way_of_a_file_for_the_person_loses_no_export(
    data: Path, plugged: Path, name: str
) -> None:
    home = export(data, plugged).folder.parent
    (home / name).unlink()
    (home / name).mkdir()
    (home / name / "mine.txt").write_text("mine")

    again = export(data, plugged)

    verify(again.folder)
    assert (home / name / "mine.txt").read_text() == "mine"
    assert name not in json.loads((again.folder / MANIFEST).read_text())["beside"]


def test_a_file_for_the_person_that_was_only_half_written_goes_and_the_export_stays(
    data: Path, plugged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stick is full, but for the manifest."""
    home = export(data, plugged).folder.parent
    fsync = os.fsync

    def full(handle: int) -> None:
        if Path(f"/proc/self/fd/{handle}").readlink().name == "health.txt":
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", full)
    verify(export(data, plugged).folder)
    assert not (home / "health.txt").exists()
    assert (home / "open-me.html").exists()


def test_what_a_person_opens_is_read_back_too(data: Path, plugged: Path) -> None:
    def forget() -> None:
        (page,) = plugged.rglob("open-me.html")
        page.write_bytes(b"<p>nothing")

    with pytest.raises(SyncError, match="does not give back what was written"):
        sync(data, plugged, NOW, forget)


def test_the_database_copy_opens_from_a_drive_that_cannot_be_written(
    data: Path, plugged: Path
) -> None:
    done = export(data, plugged)
    copy = sqlite3.connect(f"{(done.folder / 'journal.db').as_uri()}?mode=ro&immutable=1", uri=True)
    assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert copy.execute("SELECT count(*) FROM lifts WHERE number IS NOT NULL").fetchone() == (60,)
    copy.close()


def test_the_older_export_goes_only_after_the_newer_was_read_back(
    data: Path, plugged: Path
) -> None:
    first = export(data, plugged)
    seen: list[Manifest] = []

    second = sync(data, plugged, NOW, lambda: seen.append(verify(first.folder)))

    assert len(seen) == 1, "the first was whole while the second waited to be read back"
    assert not first.folder.exists()
    assert verify(second.folder).sequence == seen[0].sequence + 1
    third = export(data, plugged)
    assert third.folder == first.folder


@pytest.mark.parametrize("writes", range(0, 40, 5))
def test_a_stick_pulled_at_any_moment_still_has_a_whole_export(
    data: Path, plugged: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    """The stick is gone from the nth flush, removal or opening on; the first export stays."""
    first = export(data, plugged)
    left = [writes]

    def until_pulled(call: Callable[..., object]) -> Callable[..., object]:
        def called(*arguments: object, **options: object) -> object:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(errno.EIO, "Input/output error")
            return call(*arguments, **options)

        return called

    with monkeypatch.context() as pulled:
        pulled.setattr(os, "fsync", until_pulled(os.fsync))
        pulled.setattr(Path, "unlink", until_pulled(Path.unlink))
        try:
            done = export(data, plugged)
        except SyncError as error:
            assert "\n" not in str(error)
        else:
            verify(done.folder)

    assert whole_generations(first.folder.parent)
    again = export(data, plugged)
    verify(again.folder)


def test_a_stick_that_lies_is_found_out(data: Path, plugged: Path) -> None:
    first = export(data, plugged)

    def forget() -> None:
        (second,) = (p for p in first.folder.parent.glob("export-*") if p != first.folder)
        table = second / "reps.csv"
        table.write_bytes(bytes(table.stat().st_size))

    with pytest.raises(SyncError, match="does not give back"):
        sync(data, plugged, NOW, forget)

    verify(first.folder)


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "is full"), (errno.EROFS, "may not be written")]
)
def test_a_full_or_locked_stick_is_one_clear_line_and_loses_nothing(
    data: Path, plugged: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    first = export(data, plugged)

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(stick, "write_tables", refuse)
    with pytest.raises(SyncError, match=said) as caught:
        export(data, plugged)

    assert "\n" not in str(caught.value)
    assert [one.folder for one in whole_generations(first.folder.parent)] == [first.folder]
    leftovers = [p for p in first.folder.parent.glob("export-*/*") if p.parent != first.folder]
    assert leftovers == [], "what was half written is cleared away"


@pytest.mark.parametrize("kilobytes", [8, 16, 48, 120])
def test_a_stick_that_is_really_full(data: Path, tmp_path: Path, kilobytes: int) -> None:
    small = tmp_path / "small"
    small.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(small)]
    mounted = shutil.which("mount") and subprocess.run(command, capture_output=True, check=False)
    if not mounted or mounted.returncode != 0:
        pytest.skip("mounting a tmpfs needs root: run as root to see this one")
    try:
        # Whichever file it was that found no room, it is the stick that is named.
        with pytest.raises(SyncError, match=f"^{small} is full"):
            export(data, small)
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_two_devices_and_what_else_is_on_a_stick_do_not_disturb_each_other(
    data: Path, plugged: Path, tmp_path: Path
) -> None:
    for number in range(1000):
        earlier = plugged / f"liftlight-{number:08x}" / "export-1"
        earlier.mkdir(parents=True)
        (earlier / "manifest.json").write_text("{}")
    (plugged / "holiday.jpg").write_bytes(b"beach")
    other = tmp_path / "other"
    other.mkdir()
    with Journal(other / "journal.db", HandClock()) as journal:
        journal.write(started())
        journal.write(rep(1))
        journal.write(ended(1, 1, 1))
    theirs = export(other, plugged).folder
    before = everything(plugged)

    ours = export(data, plugged).folder
    export(data, plugged)

    assert ours.parent != theirs.parent
    after = everything(plugged)
    assert {path: after.get(path) for path in before} == before


def test_links_are_not_followed_and_what_is_in_the_way_is_named(
    data: Path, plugged: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("mine")
    first = export(data, plugged)
    home = first.folder.parent
    other = next(home / name for name in GENERATIONS if home / name != first.folder)
    other.mkdir()
    for name in (*FILES, MANIFEST, "journal.db-wal"):
        (other / name).symlink_to(secret)
    export(data, plugged)
    assert secret.read_text() == "mine"

    shutil.rmtree(first.folder, ignore_errors=True)
    first.folder.symlink_to(tmp_path)
    with pytest.raises(SyncError, match="in the way"):
        export(data, plugged)
    assert secret.read_text() == "mine"
    verify(other)


def test_what_a_person_put_into_an_export_stays(data: Path, plugged: Path) -> None:
    first = export(data, plugged)
    (first.folder / "my notes.txt").write_text("left feels tight")
    export(data, plugged)
    assert (first.folder / "my notes.txt").read_text() == "left feels tight"


def test_who_opens_the_settings_on_a_stick_reads_what_each_is_and_may_take_every_line(
    data: Path, plugged: Path
) -> None:
    file = export(data, plugged).folder.parent / "settings.toml"
    lines = file.read_text().splitlines()
    keys = [line for line in lines if line.startswith("# ") and " = " in line]
    assert len(keys) >= 7
    for line in keys:
        _, _, about = line.removeprefix("# ").partition("  # ")
        assert len(about.split()) >= 5, f"{line!r} says too little"
        assert len(line) <= 100
    assert [line for line in keys if "seconds" in line] == [
        line for line in keys if line.startswith(("# join_within", "# shortest_press"))
    ]

    taken = [line.removeprefix("# ") if line in keys else line for line in lines]
    file.write_text("\n".join(taken))
    assert export(data, plugged).new_settings
    assert load(data / "settings.toml") == Settings()


def test_settings_edited_on_the_stick_become_the_devices(data: Path, plugged: Path) -> None:
    home = export(data, plugged).folder.parent
    file = home / "settings.toml"
    file.write_text(file.read_text().replace("# quiet = false", "quiet = true"))

    done = export(data, plugged)

    assert done.new_settings
    assert "quiet = true" in (data / "settings.toml").read_text()
    assert not export(data, plugged).new_settings


def test_settings_that_were_taken_over_outlive_a_power_cut_after_the_signal(
    data: Path, plugged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(data)
    home = export(data, plugged).folder.parent
    (home / "settings.toml").write_text("[panel]\nquiet = true\n")
    flushed = []
    sync_file = os.fsync

    def note(file: int) -> None:
        flushed.append(os.fstat(file).st_ino)
        sync_file(file)

    monkeypatch.setattr(os, "fsync", note)
    assert export(tmp_path / "link", plugged).new_settings
    assert [(data / "settings.toml").stat().st_ino, data.stat().st_ino] == flushed[:2]


def test_bad_settings_change_nothing_and_leave_a_note_beside_them(
    data: Path, plugged: Path
) -> None:
    home = export(data, plugged).folder.parent
    (data / "settings.toml").write_text("[panel]\nquiet = true\n")
    (home / "settings.toml").write_text("[panel]\nqiet = false\n")

    done = export(data, plugged)

    verify(done.folder)
    assert done.problem is not None
    assert (data / "settings.toml").read_text() == "[panel]\nquiet = true\n"
    assert (home / "settings.toml").read_text() == "[panel]\nqiet = false\n"
    note = (home / "settings-problem.txt").read_text()
    assert "`qiet`" in note
    assert "Did you mean `quiet`?" in note
    assert str(plugged) not in note, "a path that nobody sees on a computer"
    assert "partial" not in note
    (home / "settings.toml").write_text("[panel]\nquiet = false\n")
    assert export(data, plugged).new_settings
    assert not (home / "settings-problem.txt").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"[pins]\nbutton = 18\n", "already used by"),
        (b"[pins]\nbutton = 3\n", "belongs to the real-time clock"),
        (b"[session]\nreps = " + b"9" * 5000, "thousands of digits"),
        (b"a = " + b"[" * 30_000, "brackets in brackets"),
        (b"[panel]\nquiet = caf\xe9\n", "not plain text"),
        (("# " + "言" * 32_000).encode("utf-16"), "save it smaller"),
    ],
    ids=[
        "a pin used twice",
        "a pin that is taken",
        "5000 digits",
        "30000 brackets",
        "Latin-1",
        "long as UTF-8",
    ],
)
def test_whatever_is_wrong_with_the_settings_the_log_is_exported(
    data: Path, plugged: Path, text: bytes, said: str
) -> None:
    home = export(data, plugged).folder.parent
    (home / "settings.toml").write_bytes(text)

    done = export(data, plugged)

    verify(done.folder)
    assert said in str(done.problem)
    assert said in (home / "settings-problem.txt").read_text()
    assert (home / "settings.toml").read_bytes() == text
    assert not (data / "settings.toml").exists()


@pytest.mark.parametrize("name", ["settings-problem.txt", "settings.toml.new", "settings.toml"])
def test_something_in_the_way_of_the_settings_does_not_keep_the_log(
    data: Path, plugged: Path, name: str
) -> None:
    home = export(data, plugged).folder.parent
    (home / name).unlink(missing_ok=True)
    (home / name).mkdir()
    (home / name / "mine.txt").write_text("mine")
    if name != "settings.toml":
        (home / "settings.toml").write_text("[panel]\nqiet = false\n")
    (data / "settings.toml").write_text("[panel]\nquiet = true\n")
    verify(export(data, plugged).folder)
    assert (home / name / "mine.txt").read_text() == "mine"


def test_a_full_card_is_no_fault_of_the_stick(
    data: Path, plugged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = export(data, plugged).folder.parent
    (home / "settings.toml").write_text("[panel]\nquiet = true\n")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as full:
        full.setattr(Path, "write_text", refuse)
        done = export(data, plugged)
    verify(done.folder)
    assert "free some space on the card" in str(done.problem)
    assert export(data, plugged).new_settings, "it is taken over once there is room"


def test_settings_of_the_device_go_to_the_stick(data: Path, plugged: Path) -> None:
    home = export(data, plugged).folder.parent
    (data / "settings.toml").write_text("[session]\nreps = 8\n")
    assert not export(data, plugged).new_settings
    assert (home / "settings.toml").read_text().startswith("[session]\nreps = 8\n")
    assert load(home / "settings.toml").session.reps == 8


def edited_on_another_stick(data: Path, tmp_path: Path) -> None:
    other = export(data, empty(tmp_path / "other")).folder.parent
    (other / "settings.toml").write_text("[panel]\nquiet = true\n")
    assert export(data, other.parent).new_settings


@pytest.mark.parametrize("lost", ["the export", "its manifest", "nothing"])
@pytest.mark.parametrize("saved", ["as it was", "with Windows' editor"])
def test_an_old_stick_rolls_nothing_back(
    data: Path, plugged: Path, tmp_path: Path, lost: str, saved: str
) -> None:
    (data / "settings.toml").write_text("# for Zoë\n[panel]\nquiet = false\n")
    first = export(data, plugged).folder
    edited_on_another_stick(data, tmp_path)
    if lost == "the export":
        shutil.rmtree(first)
    elif lost == "its manifest":
        (first / MANIFEST).write_text("{}")
    file = first.parent / "settings.toml"
    if saved != "as it was":
        text = file.read_text()
        file.write_bytes(text.replace("\n", "\r\n").encode("utf-16"))

    assert not export(data, plugged).new_settings

    assert load(data / "settings.toml").panel.quiet
    assert load(file).panel.quiet


def test_a_stick_pulled_after_its_settings_were_laid_rolls_nothing_back(
    data: Path, plugged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(data, plugged)
    (data / "settings.toml").write_text("[session]\nreps = 7\n")
    with monkeypatch.context() as pulled, pytest.raises(SyncError):
        pulled.setattr(stick, "write_tables", lambda *_: (tmp_path / "pulled").stat())
        export(data, plugged)
    edited_on_another_stick(data, tmp_path)
    assert not export(data, plugged).new_settings
    assert load(data / "settings.toml").panel.quiet


@pytest.mark.parametrize("add", ["before", "after", "instead"])
def test_what_a_person_changed_is_taken_even_if_the_export_is_gone(
    data: Path, plugged: Path, add: str
) -> None:
    first = export(data, plugged).folder
    shutil.rmtree(first)
    file = first.parent / "settings.toml"
    text, new = file.read_text(), "\n[panel]\nquiet = true\n"
    commented = text.replace("[panel]", "# [panel]")
    file.write_text({"before": new + commented, "after": commented + new, "instead": new}[add])
    assert export(data, plugged).new_settings
    assert load(data / "settings.toml").panel.quiet
    assert not export(data, plugged).new_settings


def test_settings_copied_from_another_device_are_a_persons_doing(
    data: Path, plugged: Path, tmp_path: Path
) -> None:
    other = empty(tmp_path / "other-data")
    with Journal(other / "journal.db", HandClock()):
        pass
    (other / "settings.toml").write_text("[panel]\nquiet = true\n")
    theirs = export(other, plugged).folder.parent
    ours = export(data, plugged).folder.parent
    shutil.copyfile(theirs / "settings.toml", ours / "settings.toml")
    assert export(data, plugged).new_settings
    assert load(data / "settings.toml").panel.quiet


def test_a_panel_wired_its_own_way_stays_so(data: Path, plugged: Path) -> None:
    (data / "settings.toml").write_text("[pins]\nbutton = 6\nilluminator = 26\n")
    home = export(data, plugged).folder.parent
    (home / "settings.toml").write_text("[panel]\nquiet = true")
    assert export(data, plugged).new_settings
    settings = load(data / "settings.toml")
    assert settings.panel.quiet
    assert (settings.pins.button, settings.pins.illuminator) == (6, 26)
    assert load(home / "settings.toml") == settings
    (home / "settings.toml").write_text("[pins]\nbutton = 5\n")
    assert export(data, plugged).new_settings
    assert load(data / "settings.toml").pins == Pins(), "what the file says of the pins holds"


@pytest.mark.parametrize(
    "damaged", ["[panel]\nquiet = yes\n\n[pins]\nready = 13\n", "[pins]\nready = 13\nrest = 13\n"]
)
def test_a_device_whose_own_settings_are_damaged_does_not_guess_its_pins(
    data: Path, plugged: Path, damaged: str
) -> None:
    """On the usual pins a panel that is wired its own way would do nothing, or something else."""
    home = export(data, plugged).folder.parent
    (data / "settings.toml").write_text(damaged)
    (home / "settings.toml").write_text("[panel]\nquiet = true\n")
    assert "Write a line [pins]" in str(export(data, plugged).problem)
    assert (data / "settings.toml").read_text() == damaged
    (home / "settings.toml").write_text("[panel]\nquiet = true\n\n[pins]\nready = 13\n")
    assert export(data, plugged).new_settings
    assert load(data / "settings.toml").pins.ready == 13


def test_a_doubled_ending_is_read(data: Path, plugged: Path) -> None:
    home = export(data, plugged).folder.parent
    (home / "settings.toml.txt").write_text("[panel]\nquiet = true\n")
    assert export(data, plugged).new_settings
    assert load(data / "settings.toml").panel.quiet
    assert not (home / "settings.toml.txt").exists(), "or it would roll back what comes next"
    (home / "settings.toml").write_text("[session]\nreps = 7\n")
    (home / "settings.toml.txt").write_text("[session]\nreps = 8\n")
    assert "Remove one of them" in str(export(data, plugged).problem)
    assert load(data / "settings.toml").panel.quiet


def test_traces_are_exported_once_each(data: Path, plugged: Path) -> None:
    (data / "traces").mkdir()
    (data / "traces" / "000001.csv").write_text("# LiftLight trace, version 1\n")
    home = export(data, plugged).folder.parent
    (data / "traces" / "000002.csv").write_text("# LiftLight trace, version 1\n")
    export(data, plugged)
    assert sorted(p.name for p in (home / "traces").iterdir()) == ["000001.csv", "000002.csv"]


def test_a_trace_that_is_gone_when_its_turn_comes_loses_no_export(
    data: Path, plugged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that begins while a stick is written deletes the oldest of many traces."""
    traces = data / "traces"
    traces.mkdir()
    for number in (1, 3):
        (traces / f"{number:06}.csv").write_text("# LiftLight trace, version 1\n")
    (traces / "000002.csv").mkdir()
    list_all = Path.iterdir

    def list_and_lose(folder: Path) -> Iterator[Path]:
        listed = list(list_all(folder))
        if folder == traces:
            (traces / "000001.csv").unlink()
        return iter(listed)

    monkeypatch.setattr(Path, "iterdir", list_and_lose)
    home = export(data, plugged).folder.parent
    assert [path.name for path in list_all(home / "traces")] == ["000003.csv"]


@pytest.mark.parametrize("lost", ["traces/000001-boot-9.csv", "settings.toml"])
def test_what_lies_beside_an_export_is_read_back_too(data: Path, plugged: Path, lost: str) -> None:
    (data / "traces").mkdir()
    (data / "traces" / "000001-boot-9.csv").write_text("# LiftLight trace, version 1\n")
    first = export(data, plugged)
    home = first.folder.parent

    def forget() -> None:
        (home / lost).write_bytes(bytes((home / lost).stat().st_size))

    with pytest.raises(SyncError, match="does not give back"):
        sync(data, plugged, NOW, forget)

    verify(first.folder)
    export(data, plugged)
    assert (home / "traces/000001-boot-9.csv").read_text().startswith("# LiftLight")


def test_no_folder_and_no_journal_are_told_apart(data: Path, plugged: Path, tmp_path: Path) -> None:
    with pytest.raises(CallerError, match="there is no folder"):
        export(data, tmp_path / "nowhere")
    with pytest.raises(DiskError, match="there is no journal"):
        export(plugged, plugged)
    assert everything(plugged) == {}


def test_a_damaged_journal_is_not_the_sticks_fault(data: Path, plugged: Path) -> None:
    damage_clock_spans(data / "journal.db")
    with pytest.raises(DiskError, match="is damaged"):
        export(data, plugged)
    assert everything(plugged) == {}


def test_a_stick_that_cannot_even_be_looked_at_is_one_line(
    data: Path, plugged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SyncError, match="name too long"):
        export(data, plugged / ("long" * 100))
    look = Path.stat

    def fail(path: Path, **how: bool) -> os.stat_result:
        if path == plugged:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return look(path, **how)

    monkeypatch.setattr(Path, "stat", fail)
    with pytest.raises(SyncError, match="may not be written"):
        export(data, plugged)


def test_a_manifest_that_promises_what_is_not_there_is_damage(data: Path, plugged: Path) -> None:
    folder = export(data, plugged).folder
    with (folder / "reps.csv").open("a") as file:
        file.write("one more\n")
    with pytest.raises(DamagedExportError, match=r"reps\.csv is not what was written"):
        verify(folder)


def test_a_forged_sequence_refuses_no_export(data: Path, plugged: Path) -> None:
    folder = export(data, plugged).folder
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**manifest, "sequence": 2**30 - 1}))

    for _ in range(3):
        folder = export(data, plugged).folder
        (whole,) = whole_generations(folder.parent)
        assert whole.folder == folder

    # Where the older could not go, the newer is still told from it.
    shutil.copytree(
        folder, beside := folder.with_name("export-1" if "2" in folder.name else "export-2")
    )
    (beside / MANIFEST).write_text(json.dumps({**manifest, "sequence": 2**30 - 1}))
    newest = whole_generations(folder.parent)[0]
    assert newest.folder == folder


@pytest.mark.parametrize("inside", [".", "export-1", "traces", "export-1/deep/er"])
def test_nothing_is_exported_into_an_export(inside: str, data: Path, plugged: Path) -> None:
    home = export(data, plugged).folder.parent
    (home / inside).mkdir(parents=True, exist_ok=True)
    before = everything(plugged)
    with pytest.raises(CallerError, match=f"belongs to the export .*: name {plugged}"):
        export(data, home / inside)
    (plugged / "way").symlink_to(home)
    with pytest.raises(CallerError, match="belongs to the export"):
        export(data, plugged / "way")
    (plugged / "way").unlink()
    assert everything(plugged) == before


def test_a_copy_made_at_a_keyboard_is_noted_even_while_the_device_runs(
    data: Path, plugged: Path
) -> None:
    assert noted_copy(data) is None
    with Journal(data / "journal.db", HandClock()):
        assert sync_command(data, plugged) == 0
    noted = noted_copy(data)
    assert noted is not None
    assert noted.boot == SystemClock().reading().boot
    for damage in ("", "[]", "[1, 2, 3, 4, 5]", '["b", 1, 1e30, 0, "rtc"]', "[" * 100_000):
        (data / "last-copy.json").write_text(damage)
        assert noted_copy(data) is None


def test_a_data_folder_that_takes_no_note_is_copied_all_the_same(data: Path, plugged: Path) -> None:
    (data / "last-copy.json").mkdir()
    assert sync_command(data, plugged) == 0


def test_the_command_says_where_the_export_is(data: Path, plugged: Path) -> None:
    command = [sys.executable, "-m", "device", "sync", str(plugged), "--data", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    verify(Path(done.stdout.splitlines()[0]))
