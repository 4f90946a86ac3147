"""`python -m tools.lift_network MESH`: models/lift_network.tflite, taught on rendered people."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.build_models.sources import LIFT_NETWORK, write_manifest
from tools.documents import head, rewrite, row
from tools.environment import (
    ROOT,
    ToolError,
    argument_parser,
    cache_folder,
    environment,
    in_one_line,
)
from tools.lift_network.person import Mesh
from tools.processes import add_jobs

MODELS = ROOT / "models"
LOCK = Path(__file__).with_name("requirements.lock")
_ENVIRONMENT = {
    "PYTHONPATH": "",
    "OPENBLAS_NUM_THREADS": "1",  # One process a core: their threads would wait for each other,
    "LP_NUM_THREADS": "0",  # the rasterizer's as well.
    "TF_CPP_MIN_LOG_LEVEL": "2",
}
_TAUGHT_BY = ("people.py", "person.py", "renderer.py", "samples.py")
"""What decides how the people look: with another of these they are photographed anew."""


def facts(mesh_sha256: str, content: bytes, people: int, pictures: int) -> str:
    """Return the block of the card that says what the file is and what it was made from."""
    (output,) = LIFT_NETWORK.outputs
    rows = [
        ("file", f"`{LIFT_NETWORK.name}.tflite`, {len(content)} bytes"),
        ("sha256", f"`{hashlib.sha256(content).hexdigest()}`"),
        ("taught on", f"{pictures} rendered pictures of {people} invented people"),
        ("sha256 of their mesh", f"`{mesh_sha256}`"),
        ("licence of the mesh", "MIT, (c) 2020 USC ICT (ICT-FaceKit, light model)"),
        ("licence of the network", "that of LiftLight"),
        ("weights", "int8, one scale a channel; the arithmetic is float32"),
        ("input", f"float32 {LIFT_NETWORK.input_shape}: {LIFT_NETWORK.input_meaning}"),
        (f"output `{output.name}`", f"float32 {output.shape}: {output.meaning}"),
    ]
    return "| | |\n|---|---|\n" + "".join(f"| {what} | {value} |\n" for what, value in rows)


def agreement(figures: dict[str, dict[str, float]]) -> str:
    """Return the card's table: how right the network is about new people, float and int8."""
    names = list(figures["float"])
    rows = [
        row([f"`{name}`", *(f"{figures[kind][name]:.3f}" for kind in ("float", "int8"))])
        for name in names
    ]
    return "\n".join([*head(["figure", "float weights", "int8 weights"]), *rows])


def curve(path: Path) -> str:
    """Return the card's table of the learning curve that was written to `path`."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    shown = ("epoch", "loss", "lift_left", "lift_far", "sides", "lift_error")
    lines = [
        row([line["epoch"], *(f"{float(line[name]):.3f}" for name in shown[1:])]) for line in rows
    ]
    return "\n".join([*head([f"`{name}`" for name in shown]), *lines])


@in_one_line
def main() -> int:
    """Run the command; return its exit code."""
    parser = argument_parser("tools.lift_network", __doc__)
    parser.add_argument("mesh", type=Path, help="packed mesh of ICT-FaceKit, ict.npz")
    add_jobs(parser)
    arguments = parser.parse_args()
    Mesh.load(arguments.mesh)  # A wrong file is told at once.
    mesh = hashlib.sha256(arguments.mesh.read_bytes()).hexdigest()
    folder = _folder(mesh)
    _run(arguments.mesh.resolve(), folder, arguments.jobs)
    name = LIFT_NETWORK.name
    shutil.copyfile(folder / f"{name}.tflite", MODELS / f"{name}.tflite")
    write_manifest(MODELS)
    figures = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    card = MODELS / f"{name}.md"
    content = (MODELS / f"{name}.tflite").read_bytes()
    rewrite(card, "facts", facts(mesh, content, figures["people"], figures["pictures"]))
    rewrite(card, "agreement", agreement(figures))
    rewrite(card, "curve", curve(folder / "curve.csv"))
    print(card)
    return 0


def _folder(mesh: str) -> Path:
    """Return where the photographs of these people are kept, who differ with mesh and code."""
    code = b"".join(Path(__file__).with_name(name).read_bytes() for name in _TAUGHT_BY)
    key = hashlib.sha256(mesh.encode() + code).hexdigest()[:12]
    folder = cache_folder() / f"lift-network-people-{key}"
    folder.mkdir(exist_ok=True)
    return folder


def _run(mesh: Path, folder: Path, jobs: int) -> None:
    """Photograph and teach in the tool's own environment; they say themselves how far they are."""
    python = environment("lift-network", LOCK)
    for step in (("photograph", mesh, folder, "--jobs", jobs), ("build", folder)):
        module, *arguments = map(str, step)
        command = [str(python), "-m", f"tools.lift_network.{module}", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | _ENVIRONMENT, check=False)
        if done.returncode != 0:
            raise ToolError(f"the network was not built; what was photographed is kept in {folder}")


if __name__ == "__main__":
    sys.exit(main())
