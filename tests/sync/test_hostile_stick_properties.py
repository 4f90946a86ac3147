"""Whatever lies on a stick: one line or success, never a traceback, and nothing else touched.

The invariant: sync and restore either succeed or raise an error of ours that is one line; a file
outside the stick and the data folder is never read into an export or changed; the journal only
grows; and files on the stick that are not ours stay as they were. Whatever text is a settings or
a time file, it is taken whole or refused with the cure.

`LIFTLIGHT_STICKS=3000 pytest -s tests/sync/test_hostile_stick_properties.py` tries so many of each
kind and says what came of them.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.errors import LiftLightError
from device.journal import connect_to_read
from device.panel import Pins
from device.settings import LARGEST_BYTES, SETTINGS, SettingsError, load, tables
from device.sync import time_file
from device.sync.export import FILES, GENERATIONS, MANIFEST, whole_generations
from device.sync.restore import restore
from device.sync.settings_file import DOUBLED, PROBLEM, take_over
from device.sync.stick import sync
from device.sync.time_file import TIME_FILE, take_time
from tools.long_log import reading, write_weeks

EXAMPLES = int(os.environ.get("LIFTLIGHT_STICKS", "30"))
PATIENT = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
NOW = reading(30 * 86400.0)
LATER = replace(reading(40 * 86400.0), boot="boot-9", monotonic=50.0)

OURS = (*FILES, MANIFEST, "journal.db-wal", "journal.db-journal")
PLACES = (
    *(f"{folder}/{name}" for folder in GENERATIONS for name in OURS),
    *GENERATIONS,
    SETTINGS,
    DOUBLED,
    f"{SETTINGS}.new",
    PROBLEM,
    "traces",
    "traces/000001.csv",
)
SECRET = b"not for a stick"

manifests = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["format", "device", "sequence", "settings_sha256", "files", *FILES])
            | st.text(max_size=4),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
).map(lambda value: json.dumps(value).encode())

contents = st.one_of(
    st.binary(max_size=300),
    manifests,
    st.just(b"[" * 9000),
    st.just(b"[panel]\nquiet = 1\n"),
    st.just(b"[pins]\nbutton = 18\n"),
    st.just(b"[session]\nreps = " + b"9" * 5000),
    st.just("[panel]\nquiet = true\n".encode("utf-16")),
    st.just(b"\x00" * 70_000),
    st.text(max_size=60).map(str.encode),
)
kinds = st.sampled_from(["file", "file", "link", "dangling", "folder", "pipe", "cut", "flip"])
strange_names = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20
).filter(lambda name: name not in (".", "..") and not name.startswith(("export-", "liftlight-")))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A device's data and a stick with one good export of it."""
    folder = tmp_path_factory.mktemp("original")
    (folder / "data" / "traces").mkdir(parents=True)
    (folder / "data" / "traces" / "000001.csv").write_text("# LiftLight trace, version 1\n")
    (folder / "stick").mkdir()
    write_weeks(folder / "data" / "journal.db", 1)
    sync(folder / "data", folder / "stick", NOW)
    return folder


def spoil(path: Path, kind: str, content: bytes, secret: Path) -> None:
    """Put something hostile where something of ours was."""
    if not path.parent.is_dir() or path.parent.is_symlink():
        return
    if kind in ("cut", "flip"):
        if path.is_file() and not path.is_symlink() and (found := bytearray(path.read_bytes())):
            at = len(content) * 37 % len(found)
            found[at] ^= 0x41
            path.write_bytes(found if kind == "flip" else found[:at])
        return
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    if kind == "file":
        path.write_bytes(content)
    elif kind == "folder":
        path.mkdir()
        (path / "inside").write_bytes(content)
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(secret if kind == "link" else "nowhere")


def fails_in_one_line_at_most(call: Callable[[], object]) -> bool:
    try:
        call()
    except LiftLightError as error:
        assert str(error)
        assert "\n" not in str(error)
        return False
    return True


def lifts_in(journal: Path) -> int:
    connection = connect_to_read(journal)
    try:
        return int(connection.execute("SELECT count(*) FROM lifts").fetchone()[0])
    finally:
        connection.close()


@pytest.fixture(scope="module")
def tally() -> Iterator[Counter[str]]:
    """What came of all of them."""
    counts: Counter[str] = Counter()
    yield counts
    lines = (f"{what}: {count}\n" for what, count in sorted(counts.items()))
    sys.stdout.write("\n" + "".join(lines))


@contextlib.contextmanager
def a_spoilt_copy(original: Path, spoilt: list[tuple[str, str, bytes]]) -> Iterator[Path]:
    """A device's data, and its stick after somebody was at it; a secret beside them stays."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(original, folder, dirs_exist_ok=True)
        secret = folder / "secret"
        secret.write_bytes(SECRET)
        for place, kind, content in spoilt:
            spoil(home_in(folder) / place, kind, content, secret)
        yield folder
        assert secret.read_bytes() == SECRET


def home_in(folder: Path) -> Path:
    (home,) = (folder / "stick").iterdir()
    return home


@PATIENT
@given(
    spoilt=st.lists(st.tuples(st.sampled_from(PLACES), kinds, contents), min_size=1, max_size=5),
    strangers=st.dictionaries(strange_names, st.binary(max_size=20), max_size=4),
)
def test_a_hostile_stick_gets_an_export_or_one_line(
    original: Path,
    tally: Counter[str],
    spoilt: list[tuple[str, str, bytes]],
    strangers: dict[str, bytes],
) -> None:
    with a_spoilt_copy(original, spoilt) as folder:
        home = home_in(folder)
        kept = {}
        for name, content in strangers.items():
            with contextlib.suppress(OSError):  # a name this file system does not take
                (home / name).write_bytes(content)
                kept[name] = content
        lifts = lifts_in(folder / "data" / "journal.db")
        whole_before = bool(whole_generations(home))

        fine = fails_in_one_line_at_most(
            lambda: sync(folder / "data", folder / "stick", NOW, lambda: None)
        )

        tally["sticks exported to" if fine else "sticks refused in one line"] += 1
        assert lifts_in(folder / "data" / "journal.db") == lifts
        assert {name: (home / name).read_bytes() for name in kept} == kept
        whole = whole_generations(home)
        assert whole or not (fine or whole_before)
        for path in home.rglob("*"):
            if path.is_file() and not path.is_symlink():
                assert SECRET not in path.read_bytes()


@PATIENT
@given(spoilt=st.lists(st.tuples(st.sampled_from(PLACES), kinds, contents), min_size=1, max_size=4))
def test_a_hostile_export_is_restored_whole_or_not_at_all(
    original: Path, tally: Counter[str], spoilt: list[tuple[str, str, bytes]]
) -> None:
    with a_spoilt_copy(original, spoilt) as folder:
        card = folder / "card"
        card.mkdir()

        fine = fails_in_one_line_at_most(lambda: restore(card, folder / "stick", LATER))

        tally["exports restored whole" if fine else "exports refused in one line"] += 1
        if fine:
            assert lifts_in(card / "journal.db") == lifts_in(folder / "data" / "journal.db")
        else:
            assert list(card.iterdir()) == []


GOOD = ("[session]", "reps = 8", "[panel]", "quiet = true", "brightness = 0.5", "# [trace]", "")
settings_lines = st.one_of(
    st.sampled_from(GOOD),
    st.sampled_from(GOOD),
    st.tuples(
        st.sampled_from(
            ["reps", "quiet", "brightness", "keep", "buzzer", "[panel]", "[pins]", "x"]
        ),
        st.sampled_from(["=", "= =", ".", "= [", ""]),
        st.one_of(st.integers(), st.floats(), st.booleans(), st.text(max_size=5)).map(str),
    ).map(" ".join),
    st.text(max_size=30),
)
settings_files = st.lists(settings_lines, max_size=8).map("\n".join).map(
    lambda text: text.encode(errors="replace")
) | st.one_of(contents, st.just(b"a = " + b"[" * LARGEST_BYTES))


@PATIENT
@given(content=settings_files)
def test_settings_are_taken_whole_or_refused_with_the_cure(
    tally: Counter[str], content: bytes
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        own, source = Path(folder) / SETTINGS, Path(folder) / "edited.toml"
        own.write_text("[panel]\nquiet = true\n[pins]\nbutton = 6\n")
        source.write_bytes(content)
        try:
            take_over(source, own)
        except SettingsError as error:
            tally["settings refused with the cure"] += 1
            assert str(error).startswith(str(source))
            assert "\n" not in str(error)
            assert load(own).panel.quiet
        else:
            tally["settings taken"] += 1
            asked = load(source)
            pins = asked.pins if "pins" in tables(content, "") else replace(Pins(), button=6)
            assert load(own) == replace(asked, pins=pins)
        assert {path.name for path in Path(folder).iterdir()} == {SETTINGS, "edited.toml"}


times = st.datetimes(datetime(2020, 1, 1), datetime(2110, 1, 1)).map(
    lambda at: at.isoformat().encode()
)


@PATIENT
@given(content=st.one_of(contents, times))
def test_a_time_file_names_a_minute_or_stays_with_a_note(
    tally: Counter[str], content: bytes
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stick = Path(folder)
        (stick / TIME_FILE).write_bytes(content)
        wall = take_time(stick)
        tally["times refused with a note" if wall is None else "times taken"] += 1
        assert (stick / TIME_FILE).exists() == (wall is None)
        assert (stick / time_file.PROBLEM).exists() == (wall is None)
