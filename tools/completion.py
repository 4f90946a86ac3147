"""`python -m tools.completion`: let bash and zsh complete what `liftlight` takes.

The files are written beside this Python's other data, where bash looks for those of a command that
is beside it (bash-completion 2.12 and later). `make run` and `make test` write them once, after
they have set up the environment; the device has none and needs no library for them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import shtab

from device import cli
from device.camera.subject import CHARACTERS
from tools.environment import argument_parser

FILES: Mapping[str, str] = {
    "bash": "share/bash-completion/completions/liftlight",
    "zsh": "share/zsh/site-functions/_liftlight",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a file for each shell into the environment and print its path; return the exit code."""
    parser = argument_parser("tools.completion", __doc__)
    parser.add_argument("--quiet", action="store_true", help="print no paths")
    options = parser.parse_args(arguments)
    for shell, name in FILES.items():
        path = Path(sys.prefix) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(completion(shell), encoding="utf-8")
        if not options.quiet:
            print(path)
    return 0


def completion(shell: str) -> str:
    """Return a script for `shell`, a key of `FILES`, that completes `liftlight`."""
    parser = cli.command_line()
    _say_what_words_are(parser)
    return shtab.complete(parser, shell)


def _say_what_words_are(parser: argparse.ArgumentParser) -> None:
    """Have shtab complete files, folders and the demo's characters."""
    kinds = {cli.file: shtab.FILE, cli.folder: shtab.DIRECTORY}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                _say_what_words_are(command)
        elif action.type in kinds:
            action.complete = kinds[action.type]  # type: ignore[attr-defined]
        elif action.dest == "character":
            action.choices = list(CHARACTERS)


if __name__ == "__main__":
    sys.exit(main())
