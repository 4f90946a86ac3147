"""Turn one float network into one with int8 weights. Runs in the quantizer's own environment.

`python -m tools.build_models.quantize SOURCE TARGET OUTPUT=NAME ...` widens the half-precision
constants of SOURCE, renames its outputs, stores the weights as int8 (one scale a channel) and
writes TARGET; the arithmetic stays in float. ai-edge-quantizer reports success even when it
changed nothing, so the result is checked here: it must be at least 40 % smaller than the source
in float32, and its outputs must agree with the source's.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from ai_edge_quantizer import quantizer, recipe
from numpy.typing import NDArray

from tools.build_models.widen import widen

MUST_SHRINK = 0.40
MAX_DIFFERENCE = 0.10
TRIALS = 4


def main(source: Path, target: Path, renamed: dict[str, str]) -> int:
    """Write `target`; returns 0, or 1 with a line on stderr if the result cannot be right."""
    original = source.read_bytes()
    wide = widen(original, renamed)
    work = quantizer.Quantizer(bytearray(wide))
    work.load_quantization_recipe(recipe.weight_only_wi8_afp32())
    small = bytes(work.quantize().quantized_model)

    if len(small) > (1 - MUST_SHRINK) * len(wide):
        return _failed(f"{source.name} did not shrink: {len(wide)} to {len(small)} bytes")
    shape = Interpreter(model_content=original).get_input_details()[0]["shape"]
    chance = np.random.default_rng(0)
    for _ in range(TRIALS):
        picture = chance.random(shape, np.float32)
        before = _outputs(original, picture)
        same = _outputs(wide, picture)
        after = _outputs(small, picture)
        for old, new in renamed.items():
            if not np.array_equal(before[old], same[new]):
                return _failed(f"widening the constants changed {old} of {source.name}")
            difference = float(np.abs(after[new] - before[old]).mean())
            scale = float(np.abs(before[old]).mean())
            if difference > MAX_DIFFERENCE * scale:
                return _failed(f"{new} of {target.name} is off by {difference / scale:.1%}")
    target.write_bytes(small)
    return 0


def _outputs(model: bytes, picture: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture)
    interpreter.invoke()
    details = interpreter.get_output_details()
    return {detail["name"]: interpreter.get_tensor(detail["index"]) for detail in details}


def _failed(reason: str) -> int:
    print(f"quantize: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    pairs = [argument.split("=", 1) for argument in sys.argv[3:]]
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), dict(pairs)))
