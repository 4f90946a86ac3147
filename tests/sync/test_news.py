"""Stories of the pipe through which the running device hears of a stick."""

from __future__ import annotations

import errno
import os
import queue
from pathlib import Path

import pytest

from device.sync.news import PIPE, Listener, NewsKind, StickNews, parse, tell


def test_what_is_told_is_heard(tmp_path: Path) -> None:
    heard: queue.Queue[StickNews] = queue.Queue()
    news = [
        StickNews(NewsKind.WORKING),
        StickNews(NewsKind.FAILED, "gone: plug it in ü" + "x" * 900),
        StickNews(NewsKind.FAILED, "\N{CAMERA}" * 900),
    ]
    assert not tell(tmp_path, news[0]), "a device that is off delays nobody"
    Listener(tmp_path, heard.put)
    assert all(tell(tmp_path, one) for one in news)
    assert heard.get(timeout=10) == news[0]
    for told in news[1:]:
        detail = heard.get(timeout=10).detail
        assert detail
        assert told.detail.startswith(detail)


def test_a_device_that_starts_again_takes_the_pipe_of_the_last(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / PIPE)
    heard: queue.Queue[StickNews] = queue.Queue()
    Listener(tmp_path, heard.put)
    assert tell(tmp_path, StickNews(NewsKind.SYNCED))
    assert heard.get(timeout=10).kind is NewsKind.SYNCED


def test_something_else_in_the_way_is_neither_read_nor_written(tmp_path: Path) -> None:
    (tmp_path / PIPE).write_text("mine")
    with pytest.raises(OSError, match="in the way") as caught:
        Listener(tmp_path, lambda _: None)
    assert caught.value.errno == errno.EEXIST
    assert not tell(tmp_path, StickNews(NewsKind.SYNCED))
    assert (tmp_path / PIPE).read_text() == "mine"


@pytest.mark.parametrize(
    "line", ["", "[]", "{}", '{"kind": "rm", "detail": "", "wall": 0}', "[" * 3000,
             '{"kind": "time", "detail": "", "wall": NaN}']
)  # fmt: skip
def test_what_is_no_news_is_none(line: str) -> None:
    assert parse(line) is None
