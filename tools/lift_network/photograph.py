"""Photograph the invented people. Runs in the tool's own environment.

`python -m tools.lift_network.photograph MESH FOLDER --jobs N` keeps a file a person in FOLDER, so
that it goes on where it was cut off. It is a command of its own because TensorFlow, which teaches,
and Mesa, which renders, each bring an LLVM, and a process that has loaded both crashes.
"""

from __future__ import annotations

import functools
import sys
from pathlib import Path

import cv2

from device.vision import LANDMARKS, FaceLandmarker, Model
from tools.environment import argument_parser, in_one_line
from tools.lift_network.person import Mesh
from tools.lift_network.samples import PEOPLE, path_of, photograph
from tools.processes import add_jobs, spread


@functools.cache
def _studio(mesh: Path) -> tuple[Mesh, FaceLandmarker]:
    cv2.setNumThreads(1)
    return Mesh.load(mesh), FaceLandmarker(Model(LANDMARKS))


def _photograph(task: tuple[Path, Path, int]) -> None:
    mesh, path, number = task
    samples = photograph(*_studio(mesh), number)
    if samples is not None:
        partly = path.with_name(f"partly_{path.name}")
        samples.save(partly)
        partly.replace(path)


@in_one_line
def main() -> int:
    """Run the command; return its exit code."""
    parser = argument_parser("tools.lift_network.photograph", __doc__)
    parser.add_argument("mesh", type=Path)
    parser.add_argument("folder", type=Path)
    add_jobs(parser)
    arguments = parser.parse_args()
    paths = [path_of(arguments.folder, number) for number in range(PEOPLE)]
    missing = [
        (arguments.mesh, path, number) for number, path in enumerate(paths) if not path.exists()
    ]
    for done, _ in enumerate(spread(_photograph, missing, arguments.jobs), 1):
        print(f"\rphotographed {done} of {len(missing)} people", end="", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
