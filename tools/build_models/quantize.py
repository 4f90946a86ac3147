"""Turn one float network into one with int8 weights. Runs in the quantizer's own environment.

`python -m tools.build_models.quantize SOURCE TARGET OUTPUT=NAME ...` widens the half-precision
constants of SOURCE, renames its outputs, stores the weights as int8 (one scale a channel) and
writes TARGET; the arithmetic stays in float. ai-edge-quantizer reports success even when it
changed nothing, so the result is checked here: it must be at least 40 % smaller than the source
in float32, and its outputs must agree with the source's.

Three properties of the source make the quantizer change nothing, and `widen` mends them without
changing any result: constants stored as float16 behind a DEQUANTIZE operator are left alone; in a
file that fills only the old `deprecatedBuiltinCode` every operator is read as ADD; operator codes
that nothing uses any more are still counted.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from ai_edge_quantizer import quantizer, recipe
from numpy.typing import NDArray

_FILE_IDENTIFIER = b"TFL3"

MUST_SHRINK = 0.40
MAX_DIFFERENCE = 0.10
TRIALS = 4


def widen(content: bytes, renamed: dict[str, str]) -> bytes:
    """Return the network in `content` with float32 constants and its outputs renamed."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    for code in model.operatorCodes:
        code.builtinCode = max(code.builtinCode, code.deprecatedBuiltinCode)
        code.version = max(1, code.version)
    for graph in model.subgraphs:
        graph.operators = [op for op in graph.operators if not _widened(model, graph, op)]
        _drop_unused_tensors(graph)
        for index in graph.outputs:
            tensor = graph.tensors[index]
            tensor.name = renamed[tensor.name.decode()].encode()
    _drop_unused_buffers(model)
    _drop_unused_codes(model)
    model.signatureDefs = [_signature(model.subgraphs[0])]
    builder = flatbuffers.Builder(len(content) * 2)
    builder.Finish(model.Pack(builder), _FILE_IDENTIFIER)
    return bytes(builder.Output())


def _widened(model: Any, graph: Any, op: Any) -> bool:
    """Whether `op` only widened a constant; if so its output is now that constant, in float32."""
    if model.operatorCodes[op.opcodeIndex].builtinCode != schema.BuiltinOperator.DEQUANTIZE:
        return False
    stored = graph.tensors[op.inputs[0]]
    data = model.buffers[stored.buffer].data
    if stored.type != schema.TensorType.FLOAT16 or data is None or not len(data):
        return False
    buffer = schema.BufferT()
    half = np.frombuffer(np.asarray(data, np.uint8).tobytes(), np.float16)
    buffer.data = np.frombuffer(half.astype(np.float32).tobytes(), np.uint8)
    model.buffers.append(buffer)
    constant = graph.tensors[op.outputs[0]]
    constant.buffer = len(model.buffers) - 1
    constant.type = schema.TensorType.FLOAT32
    return True


def _drop_unused_tensors(graph: Any) -> None:
    used = {int(i) for i in (*graph.inputs, *graph.outputs)}
    for op in graph.operators:
        used |= {int(i) for i in (*op.inputs, *op.outputs) if i >= 0}
    kept = sorted(used)
    place = {old: new for new, old in enumerate(kept)} | {-1: -1}
    graph.tensors = [graph.tensors[i] for i in kept]
    graph.inputs = [place[int(i)] for i in graph.inputs]
    graph.outputs = [place[int(i)] for i in graph.outputs]
    for op in graph.operators:
        op.inputs = [place[int(i)] for i in op.inputs]
        op.outputs = [place[int(i)] for i in op.outputs]
        op.intermediates = None


def _drop_unused_buffers(model: Any) -> None:
    # Buffer 0 is empty by convention and stands for "no data".
    holders = [tensor for graph in model.subgraphs for tensor in graph.tensors]
    holders += model.metadata or []
    kept = sorted({0} | {holder.buffer for holder in holders})
    place = {old: new for new, old in enumerate(kept)}
    model.buffers = [model.buffers[i] for i in kept]
    for holder in holders:
        holder.buffer = place[holder.buffer]


def _drop_unused_codes(model: Any) -> None:
    operators = [op for graph in model.subgraphs for op in graph.operators]
    kept = sorted({op.opcodeIndex for op in operators})
    place = {old: new for new, old in enumerate(kept)}
    model.operatorCodes = [model.operatorCodes[i] for i in kept]
    for op in operators:
        op.opcodeIndex = place[op.opcodeIndex]


def _signature(graph: Any) -> Any:
    """Return a signature, by which the quantizer finds inputs and outputs; the source has none."""
    signature = schema.SignatureDefT()
    signature.signatureKey = b"serving_default"
    signature.subgraphIndex = 0
    signature.inputs = [_named(graph, index) for index in graph.inputs]
    signature.outputs = [_named(graph, index) for index in graph.outputs]
    return signature


def _named(graph: Any, index: int) -> Any:
    entry = schema.TensorMapT()
    entry.name = graph.tensors[index].name
    entry.tensorIndex = index
    return entry


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
