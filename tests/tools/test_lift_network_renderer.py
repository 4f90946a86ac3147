"""The mesh of the rendered people is a file that LiftLight does not have; errors say which."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tools.environment import ROOT, ToolError
from tools.lift_network.person import Mesh


def test_a_missing_mesh_is_asked_for_by_name(tmp_path: Path) -> None:
    path = tmp_path / "ict.npz"
    with pytest.raises(ToolError) as raised:
        Mesh.load(path)
    assert str(raised.value) == (
        f"cannot read the mesh {path}: No such file or directory; name the file that holds "
        "ICT-FaceKit's light model"
    )


def _empty(path: Path) -> None:
    path.touch()


def _a_text(path: Path) -> None:
    path.write_text("v 0.0 1.0 2.0\n")


def _one_array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros((26719, 3)))


def _other_arrays(path: Path) -> None:
    np.savez(path, crops=np.zeros((2, 6, 104, 104), np.uint8))


def _another_head(path: Path) -> None:
    one = np.zeros((1, 468, 3), np.float32)
    np.savez(path, V=one[0], tris=np.zeros((1, 3), int), ex=np.array(["jawOpen"]), E=one, I=one)


def _cut_off(path: Path) -> None:
    _another_head(path)
    path.write_bytes(path.read_bytes()[:1000])


@pytest.mark.parametrize(
    "write", [_empty, _a_text, _one_array, _other_arrays, _another_head, _cut_off]
)
def test_another_file_in_its_place_is_no_mesh(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    path = tmp_path / "ict.npz"
    write(path)
    with pytest.raises(ToolError) as raised:
        Mesh.load(path)
    assert str(raised.value) == (
        f"{path} is not the mesh: name the file that holds ICT-FaceKit's light model"
    )


def test_who_takes_the_pictures_loads_no_tensorflow() -> None:
    """Both bring an LLVM: a process that renders with TensorFlow loaded crashes. Neither is
    installed where tests run, so the renderer's library is an empty module here."""
    code = (
        "import sys, types\n"
        "sys.modules['tensorflow'] = None\n"
        "sys.modules['moderngl'] = types.ModuleType('moderngl')\n"
        "import tools.lift_network.photograph\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
