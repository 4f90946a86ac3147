"""From the mesh to the shipped network. Runs in the tool's own environment.

`python -m tools.lift_network.build MESH FOLDER --jobs N` photographs the people, which is kept in
FOLDER, so that it goes on where it was cut off; teaches the network on them; and leaves the network
there as `lift_network.tflite`, its learning curve as `curve.csv`, and as `figures.json` how right
the float network and the int8 one are about people they were not taught on.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from device.vision import LANDMARKS, FaceLandmarker, Model
from tools.environment import argument_parser, in_one_line
from tools.lift_network import teach
from tools.lift_network.network import to_tflite
from tools.lift_network.person import Mesh
from tools.lift_network.samples import Samples, photograph
from tools.lift_network.teach import Floats
from tools.processes import add_jobs, spread

CALIBRATED_ON = 600
"""So many pictures tell the ranges of the activations."""


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


def take(mesh: Path, folder: Path, jobs: int) -> Samples:
    """Return samples of all people; a file a person is kept in `folder`, and not made again."""
    paths = [
        folder / f"person_{number:05d}.npz"
        for number in range(max(people for people, _, _ in teach.ROUNDS))
    ]
    missing = [(mesh, path, number) for number, path in enumerate(paths) if not path.exists()]
    for done, _ in enumerate(spread(_photograph, missing, jobs), 1):
        print(f"\rphotographed {done} of {len(missing)} people", end="", file=sys.stderr)
    return Samples.load([path for path in paths if path.exists()])


def asked(content: bytes) -> Callable[[Floats], Floats]:
    """Return how the int8 network in `content` is asked, as the device asks it."""
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    entry, answer = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    scale, zero = entry["quantization"]
    answer_scale, answer_zero = answer["quantization"]

    def one(picture: Floats) -> Floats:
        stored = np.clip(np.rint(picture / scale + zero), -128, 127).astype(np.int8)
        interpreter.set_tensor(entry["index"], stored[np.newaxis])
        interpreter.invoke()
        said = interpreter.get_tensor(answer["index"])[0].astype(np.float32)
        return np.asarray((said - answer_zero) * answer_scale, np.float32)

    return lambda pictures: np.array([one(picture) for picture in pictures])


@in_one_line
def main() -> int:
    """Run the command; return its exit code."""
    parser = argument_parser("tools.lift_network.build", __doc__)
    parser.add_argument("mesh", type=Path)
    parser.add_argument("folder", type=Path)
    add_jobs(parser)
    arguments = parser.parse_args()
    samples = take(arguments.mesh, arguments.folder, arguments.jobs)
    network = teach.teach(samples, arguments.folder / "curve.csv")
    shown = teach.plain(samples.crops[:: len(samples.crops) // CALIBRATED_ON + 1, 1])
    content = to_tflite(network, shown)
    (arguments.folder / "lift_network.tflite").write_bytes(content)
    figures = {
        "float": teach.judge(teach.asked(network), samples),
        "int8": teach.judge(asked(content), samples),
        "people": len(np.unique(samples.who)),
        "pictures": samples.crops.shape[0] * samples.crops.shape[1],
    }
    (arguments.folder / "figures.json").write_text(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
