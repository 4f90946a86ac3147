"""What was replayed already: one small file a clip, so that an interrupted evaluation goes on."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from device.errors import CallerError
from device.files import whole_file
from tools.evaluate.clip import Replayed, code_version, content_hash, dumps


class Kept:
    """The replays in a folder, by what was replayed and by which code.

    Nothing is ever wrong in it for having changed: another clip, model or counter is another
    file. Annotations are no part of it; mending one costs no replay. Without a folder it keeps
    nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder is None:
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CallerError(
                f"cannot make the folder {folder} ({error.strerror}): name another to keep "
                "results in."
            ) from error

    def find(self, clip: Path) -> Replayed | None:
        """Return the replay of `clip` if this very code has made one before."""
        path = self._path(clip)
        if path is None or not path.exists():
            return None
        try:
            return Replayed.from_json(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None  # whatever happened to it, it can be made again

    def keep(self, clip: Path, replayed: Replayed) -> None:
        """Keep the replay of `clip`; raises CallerError if the folder takes no file."""
        path = self._path(clip)
        if path is not None:
            with whole_file(path) as partial:
                partial.write_text(dumps(replayed.to_json()), encoding="utf-8")

    def _path(self, clip: Path) -> Path | None:
        if self._folder is None:
            return None
        key = hashlib.sha256((code_version() + content_hash(clip)).encode()).hexdigest()
        return self._folder / f"{clip.stem}-{key[:16]}.json"
