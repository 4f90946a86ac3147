"""Files that appear whole or not at all, and text as people's editors write it."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from device.errors import CallerError

# Windows begins a text file with one of these: Notepad, and PowerShell's `>`.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def text_of(content: bytes) -> str:
    """Return the text of a file, with plain newlines: UTF-8, or UTF-16 with a byte order mark.

    Raises UnicodeDecodeError for anything else.
    """
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    return content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; move it into place once all went well.

    Whatever fails, `path` is left as it was. Raises CallerError if nothing can be written there.
    """
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        if path.is_dir():
            raise CallerError(f"{path} is a folder: name a file to write to.")
        partial.touch()
    except OSError as error:
        raise CallerError(
            f"cannot write {path} ({error.strerror}): name a file in a folder you may write to."
        ) from error
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
