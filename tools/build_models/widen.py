"""Rewrite a half-precision network so that ai-edge-quantizer can read it, changing no result.

Three traps, each of which makes the quantizer report success and change nothing:
constants stored as float16 behind a DEQUANTIZE operator are left alone; a file that fills only
the old `deprecatedBuiltinCode` has every operator read as ADD; operator codes that nothing uses
any more are still counted.
"""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

_FILE_IDENTIFIER = b"TFL3"


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
    """The quantizer finds inputs and outputs by a signature, which the source does not have."""
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
