"""From the mesh to the shipped network. Runs in the tool's own environment.

`python -m tools.lift_network.build MESH FOLDER --jobs N` photographs the people, which is kept in
FOLDER, so that it goes on where it was cut off; teaches the network on them; and leaves the network
there as `lift_network.tflite`, its learning curve as `curve.csv`, and as `figures.json` how right
it is with float and with int8 weights about people it was not taught on.
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
from tools.build_models.sources import LIFT_NETWORK, quantize
from tools.environment import argument_parser, in_one_line
from tools.lift_network import teach
from tools.lift_network.network import to_tflite
from tools.lift_network.person import Mesh
from tools.lift_network.samples import Samples, photograph
from tools.lift_network.teach import Floats
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


def asked(network: Path) -> Callable[[Floats], Floats]:
    """Return how the network in a TensorFlow Lite file is asked, as the device asks it."""
    interpreter = Interpreter(model_path=str(network))
    interpreter.allocate_tensors()
    (entry,), (answer,) = interpreter.get_input_details(), interpreter.get_output_details()

    def one(picture: Floats) -> Floats:
        interpreter.set_tensor(entry["index"], picture[np.newaxis])
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(answer["index"])[0], np.float32)

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
    taught = arguments.folder / "float.tflite"
    taught.write_bytes(to_tflite(network))
    shipped = arguments.folder / f"{LIFT_NETWORK.name}.tflite"
    quantize(taught, shipped, LIFT_NETWORK.outputs)
    figures = {
        "float": teach.judge(teach.asked(network), samples),
        "int8": teach.judge(asked(shipped), samples),
        "people": len(np.unique(samples.who)),
        "pictures": samples.crops.shape[0] * samples.crops.shape[1],
    }
    (arguments.folder / "figures.json").write_text(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
