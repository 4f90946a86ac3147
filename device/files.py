"""Files that appear whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from device.errors import CallerError


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
