"""From the photographs to the shipped network. Runs in the tool's own environment.

`python -m tools.lift_network.build FOLDER` teaches the network on the people photographed in FOLDER
and leaves it there as `lift_network.tflite`, its learning curve as `curve.csv`, and as
`figures.json` how right it is with float and with int8 weights about people it was not taught on.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from tools.build_models.sources import LIFT_NETWORK, quantize
from tools.environment import argument_parser, in_one_line
from tools.lift_network import teach
from tools.lift_network.network import to_tflite
from tools.lift_network.samples import PEOPLE, Samples, path_of
from tools.lift_network.teach import Floats


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
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    paths = [path_of(folder, number) for number in range(PEOPLE)]
    samples = Samples.load([path for path in paths if path.exists()])
    network = teach.teach(samples, folder / "curve.csv")
    taught = folder / "float.tflite"
    taught.write_bytes(to_tflite(network))
    shipped = folder / f"{LIFT_NETWORK.name}.tflite"
    quantize(taught, shipped, LIFT_NETWORK.outputs)
    taught_on = samples.who % teach.KEPT_OUT != 0
    figures = {
        "float": teach.judge(teach.asked(network), samples),
        "int8": teach.judge(asked(shipped), samples),
        "people": len(np.unique(samples.who[taught_on])),
        "pictures": int(taught_on.sum()) * samples.crops.shape[1],
    }
    (folder / "figures.json").write_text(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
