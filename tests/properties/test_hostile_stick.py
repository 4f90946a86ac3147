"""Whatever lies on a stick: one line or success, never a traceback, and nothing else touched.

The invariant: sync and restore either succeed or raise an error of ours that is one line; a file
outside the stick and the data folder is never read into an export or changed; the journal only
grows; and files on the stick that are not ours stay as they were.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.errors import LiftLightError
from device.journal.store import connect_to_read
from device.sync.generations import GENERATIONS, whole_generations
from device.sync.manifest import FILES, MANIFEST
from device.sync.restore import restore
from device.sync.settings_file import PROBLEM, SETTINGS
from device.sync.stick import sync
from tools.long_log import reading, write_weeks

NOW = reading(30 * 86400.0)
LATER = replace(reading(40 * 86400.0), boot="boot-9", monotonic=50.0)

OURS = (*FILES, MANIFEST, "journal.db-wal", "journal.db-journal")
PLACES = (
    *(f"{folder}/{name}" for folder in GENERATIONS for name in OURS),
    *GENERATIONS,
    SETTINGS,
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


@contextlib.contextmanager
def a_copy(original: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(original, folder, dirs_exist_ok=True)
        yield Path(folder)


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


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    spoilt=st.lists(st.tuples(st.sampled_from(PLACES), kinds, contents), min_size=1, max_size=5),
    strangers=st.dictionaries(strange_names, st.binary(max_size=20), max_size=4),
)
def test_a_hostile_stick_gets_an_export_or_one_line(
    original: Path, spoilt: list[tuple[str, str, bytes]], strangers: dict[str, bytes]
) -> None:
    with a_copy(original) as folder:
        secret = folder / "secret"
        secret.write_bytes(SECRET)
        (home,) = (folder / "stick").iterdir()
        for place, kind, content in spoilt:
            spoil(home / place, kind, content, secret)
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

        assert secret.read_bytes() == SECRET
        assert lifts_in(folder / "data" / "journal.db") == lifts
        assert {name: (home / name).read_bytes() for name in kept} == kept
        whole = whole_generations(home)
        assert whole or not (fine or whole_before)
        for path in home.rglob("*"):
            if path.is_file() and not path.is_symlink():
                assert SECRET not in path.read_bytes()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spoilt=st.lists(st.tuples(st.sampled_from(PLACES), kinds, contents), min_size=1, max_size=4))
def test_a_hostile_export_is_restored_whole_or_not_at_all(
    original: Path, spoilt: list[tuple[str, str, bytes]]
) -> None:
    with a_copy(original) as folder:
        secret = folder / "secret"
        secret.write_bytes(SECRET)
        (home,) = (folder / "stick").iterdir()
        for place, kind, content in spoilt:
            spoil(home / place, kind, content, secret)
        card = folder / "card"
        card.mkdir()

        fine = fails_in_one_line_at_most(lambda: restore(card, folder / "stick", LATER))

        assert secret.read_bytes() == SECRET
        if fine:
            assert lifts_in(card / "journal.db") == lifts_in(folder / "data" / "journal.db")
        else:
            assert list(card.iterdir()) == []
