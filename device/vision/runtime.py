"""Run the packaged networks: the one place that knows which TensorFlow Lite runtime is installed.

Python 3.11 has tflite-runtime (its numpy is that of Raspberry Pi OS Bookworm), later ones have
ai-edge-litert. Both read the same files and give the same numbers. One thread by default: the
runtime's thread pool spins while it waits, so with a busy neighbour two threads are far slower
than one.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.errors import ModelError

DETECTOR = "face_detector"
LANDMARKS = "face_landmarks"
LIFT = "lift_network"

MANIFEST = "manifest.toml"
_PACKAGE = Path(__file__).resolve().parent.parent
_RUNTIME_CHATTER = b"INFO:"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What the manifest promises about one model.

    `input_shape` is (1, height, width, channels). `outputs` are the tensors by name, in the order
    in which `Model.run` returns them, each with its shape.
    """

    path: Path
    sha256: str
    input_shape: tuple[int, ...]
    outputs: dict[str, tuple[int, ...]]


class Model:
    """One network in memory, checked against the manifest and ready to run.

    `name` is `DETECTOR`, `LANDMARKS` or `LIFT`; models/ has a card for each with the meaning of its
    tensors. Raises ModelError if the file is missing or damaged, or there is no runtime.
    """

    def __init__(self, name: str, folder: Path | None = None) -> None:
        file = describe(name, folder or models_folder())
        # The bytes that were checked are the bytes that run.
        self._content = _checked(file)
        self._interpreter = _interpreter(self._content, file.path)
        self.input_shape = file.input_shape
        self._input = self._interpreter.get_input_details()[0]["index"]
        outputs = {d["name"]: d["index"] for d in self._interpreter.get_output_details()}
        self._outputs = [outputs[output] for output in file.outputs]

    def run(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the outputs for `tensor`, float32 of `input_shape`, in the manifest's order.

        The arrays are the caller's own; the next run does not change them.
        """
        self._interpreter.set_tensor(self._input, tensor)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(output) for output in self._outputs]


def shipped_models() -> tuple[Model, Model, Model]:
    """Load the shipped networks, in the order in which a VisionSource takes them.

    Raises ModelError as `Model` does.
    """
    return Model(DETECTOR), Model(LANDMARKS), Model(LIFT)


def models_folder() -> Path:
    """Return the folder with the models: inside an installed package, beside it in a checkout."""
    packaged = _PACKAGE / "models"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "models"


def describe(name: str, folder: Path) -> ModelFile:
    """Return what the manifest in `folder` says about the model `name`.

    Raises ModelError if the manifest is missing, damaged, or does not know the name.
    """
    manifest = folder / MANIFEST
    try:
        entry = tomllib.loads(manifest.read_text(encoding="utf-8"))[name]
        return ModelFile(
            path=folder / entry["file"],
            sha256=entry["sha256"],
            input_shape=tuple(entry["input"]),
            outputs={output["name"]: tuple(output["shape"]) for output in entry["outputs"]},
        )
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"Cannot read {manifest} ({error}): {_cure(folder)}.") from error
    except (KeyError, TypeError) as error:
        raise ModelError(f"{manifest} does not describe {name}: {_cure(folder)}.") from error


def _checked(file: ModelFile) -> bytes:
    try:
        content = file.path.read_bytes()
    except OSError as error:
        reason = error.strerror or "unreadable"
        raise ModelError(
            f"Cannot read the model {file.path} ({reason}): {_cure(file.path.parent)}."
        ) from error
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise ModelError(
            f"The model {file.path} is damaged (its sha256 is not the one in {MANIFEST}): "
            f"{_cure(file.path.parent)}."
        )
    return content


def _cure(folder: Path) -> str:
    if folder == _PACKAGE / "models":
        return "reinstall LiftLight with `pip install --force-reinstall --no-deps liftlight`"
    return f"restore it with `git checkout -- {folder}`"


def _interpreter(content: bytes, path: Path) -> Any:
    try:
        from tflite_runtime.interpreter import Interpreter  # noqa: PLC0415
    except ImportError:
        try:
            from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415
        except ImportError as error:
            raise ModelError(
                f"No TensorFlow Lite runtime ({error}): reinstall LiftLight with its dependencies, "
                "`make run` in a checkout or `pip install --force-reinstall liftlight`."
            ) from error
    with _without_chatter():
        try:
            interpreter = Interpreter(model_content=content, num_threads=1)
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(
                f"The runtime refuses the model {path} ({error}): {_cure(path.parent)}."
            ) from error
    return interpreter


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Keep the runtime's greetings off stderr; whatever else it writes there comes through."""
    sys.stderr.flush()
    with os.fdopen(os.memfd_create("stderr"), "r+b") as written:
        stderr = os.dup(2)
        os.dup2(written.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            written.seek(0)
            for line in written:
                if not line.startswith(_RUNTIME_CHATTER):
                    os.write(2, line)
