"""The shipped networks run as promised, and a damaged one is refused with its cure."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import types
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from device.errors import ModelError
from device.vision import DETECTOR, LANDMARKS, LIFT, Model, describe, models_folder
from tests.conftest import ROOT

SHIPPED = (DETECTOR, LANDMARKS, LIFT)


def a_picture(model: Model, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random(model.input_shape, np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of models/ that a story may damage."""
    return Path(shutil.copytree(models_folder(), tmp_path / "models"))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_model_runs_and_answers_in_the_promised_shapes(name: str) -> None:
    model = Model(name)
    promised = describe(name, models_folder())
    answers = model.run(a_picture(model))
    assert [answer.shape for answer in answers] == list(promised.outputs.values())
    assert all(answer.dtype == np.float32 and np.isfinite(answer).all() for answer in answers)


def test_an_answer_stays_as_it_was_when_the_next_picture_comes() -> None:
    model = Model(LANDMARKS)
    first = model.run(a_picture(model, 1))
    kept = [answer.copy() for answer in first]
    second = model.run(a_picture(model, 2))
    for answer, copy, other in zip(first, kept, second, strict=True):
        assert np.array_equal(answer, copy)
        assert not np.array_equal(answer, other)


def test_the_same_picture_always_gets_the_same_answer() -> None:
    one, other = Model(DETECTOR), Model(DETECTOR)
    picture = a_picture(one)
    other.run(a_picture(other, 9))
    for a, b in zip(one.run(picture), other.run(picture), strict=True):
        assert np.array_equal(a, b)


def test_a_flipped_bit_is_refused_in_one_line_that_names_the_file_and_the_cure(
    folder: Path,
) -> None:
    file = folder / "face_landmarks.tflite"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(ModelError) as refused:
        Model(LANDMARKS, folder)
    message = str(refused.value)
    assert str(file) in message
    assert "damaged" in message
    assert "git checkout" in message
    assert "\n" not in message
    assert refused.value.exit_code == 1
    Model(DETECTOR, folder)  # the other one is none the worse


@pytest.mark.parametrize("what", ["cut short", "empty", "gone"])
def test_half_a_model_or_none_is_refused(folder: Path, what: str) -> None:
    file = folder / "face_detector.tflite"
    if what == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[: 1000 if what == "cut short" else 0])
    with pytest.raises(ModelError, match=re.escape(str(file))):
        Model(DETECTOR, folder)


@pytest.mark.parametrize(
    "text", [None, b"", b"[face_detector\n", b"\xff\xfe", b"face_detector = 1"]
)
def test_a_manifest_that_cannot_be_read_is_named(folder: Path, text: bytes | None) -> None:
    manifest = folder / "manifest.toml"
    manifest.unlink()
    if text is not None:
        manifest.write_bytes(text)
    with pytest.raises(ModelError, match=re.escape(str(manifest))) as refused:
        Model(DETECTOR, folder)
    assert "\n" not in str(refused.value)


def test_what_is_no_model_is_refused_even_if_the_manifest_vouches_for_it(folder: Path) -> None:
    file = folder / "face_detector.tflite"
    file.write_bytes(b"not a model at all" * 100)
    manifest = folder / "manifest.toml"
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    manifest.write_text(
        re.sub(r'sha256 = "\w+"', f'sha256 = "{digest}"', manifest.read_text(), count=1)
    )
    with pytest.raises(ModelError, match="refuses"):
        Model(DETECTOR, folder)


def test_without_a_runtime_the_error_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("tflite_runtime", "ai_edge_litert"):
        monkeypatch.setitem(sys.modules, package, None)
        monkeypatch.setitem(sys.modules, f"{package}.interpreter", None)
    with pytest.raises(ModelError, match="make run"):
        Model(DETECTOR)


def test_loading_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    Model(DETECTOR)
    assert capfd.readouterr() == ("", "")


def test_only_the_greetings_of_the_runtime_are_kept_off_stderr(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    class Talkative:
        def __init__(self, **_: object) -> None:
            os.write(2, b"INFO: Created a delegate.\nERROR: Something is wrong.\n")

        def allocate_tensors(self) -> None:
            raise RuntimeError("out of memory")

    runtime = types.ModuleType("tflite_runtime.interpreter")
    runtime.Interpreter = Talkative  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tflite_runtime", types.ModuleType("tflite_runtime"))
    monkeypatch.setitem(sys.modules, "tflite_runtime.interpreter", runtime)
    with pytest.raises(ModelError, match="out of memory"):
        Model(DETECTOR)
    assert capfd.readouterr().err == "ERROR: Something is wrong.\n"


def test_an_installed_package_carries_its_models(tmp_path: Path) -> None:
    wheel = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(wheel, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("liftlight-*.whl"))) as package:
        package.extractall(tmp_path / "site")
    program = (
        "import sys; from device.vision import runtime; "
        "runtime.Model(runtime.DETECTOR); runtime.Model(runtime.LANDMARKS); "
        "print(runtime.models_folder())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        check=True,
        capture_output=True,
        text=True,
    )
    assert Path(ran.stdout.strip()) == tmp_path / "site" / "device" / "models"
