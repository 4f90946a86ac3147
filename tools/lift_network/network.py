"""The lift network: its layers, as it is taught (PyTorch) and as it is shipped (int8 TFLite).

It sees one grey crop of a face, and nothing else: no rest, no pose, no landmarks. What it says of a
relaxed face differs from person to person, so only differences mean something; the device subtracts
what it says at rest, as it does with every other signal. Depthwise separable convolutions (Howard
et al., "MobileNets", 2017, arXiv:1704.04861) in inverted order with residuals, and ReLU6 throughout
(Krishnamoorthi, "Quantizing deep convolutional networks for efficient inference", 2018,
arXiv:1806.08342): nothing in it is worse for being int8.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.vision import LIFT_SIDE
from tools.lift_network.people import LABELS

LAYERS: tuple[tuple[Any, ...], ...] = (
    ("convolution", 16, 3, 2),
    ("separable", 32, 2),
    ("residual",),
    ("separable", 64, 2),
    ("residual",),
    ("residual",),
    ("separable", 96, 2),
    ("residual",),
    ("convolution", 24, 1, 1),
    ("dense", 64),
    ("output", len(LABELS)),
)
"""`convolution`: channels, kernel, stride; `separable`: channels, stride. A separable layer is a
depthwise convolution of 3 x 3 and a pointwise one; a residual one adds the same to its input, with
no activation behind its last convolution."""


def build() -> Any:
    """Return the network as a `torch.nn.Module`: float32 (n, 1, side, side) in, (n, labels) out."""
    import torch  # noqa: PLC0415
    from torch import nn  # noqa: PLC0415

    class Convolution(nn.Module):
        """A convolution padded as TensorFlow pads it, so that both give the same."""

        def __init__(self, size: int, i: int, o: int, kernel: int, stride: int, *, each: bool,
                     active: bool = True) -> None:  # fmt: skip
            super().__init__()
            whole = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            self.pad = (whole // 2, whole - whole // 2) * 2
            self.convolution = nn.Conv2d(
                i, o, kernel, stride, groups=i if each else 1, bias=False
            )
            self.norm = nn.BatchNorm2d(o)
            self.active = active

        def forward(self, x: Any) -> Any:
            if any(self.pad):
                x = nn.functional.pad(x, self.pad)
            x = self.norm(self.convolution(x))
            return nn.functional.relu6(x) if self.active else x

    class Residual(nn.Module):
        def __init__(self, size: int, channels: int) -> None:
            super().__init__()
            self.inner = nn.Sequential(
                Convolution(size, channels, channels, 3, 1, each=True),
                Convolution(size, channels, channels, 1, 1, each=False, active=False),
            )

        def forward(self, x: Any) -> Any:
            return x + self.inner(x)

    parts: list[nn.Module] = []
    size, channels = LIFT_SIDE, 1
    for kind, *figures in LAYERS:
        match kind:
            case "convolution":
                o, kernel, stride = figures
                parts.append(Convolution(size, channels, o, kernel, stride, each=False))
                size, channels = -(-size // stride), o
            case "separable":
                o, stride = figures
                parts.append(Convolution(size, channels, channels, 3, stride, each=True))
                size = -(-size // stride)
                parts.append(Convolution(size, channels, o, 1, 1, each=False))
                channels = o
            case "residual":
                parts.append(Residual(size, channels))
            case "dense":
                parts += [nn.Flatten(), nn.Dropout(0.2)]
                parts += [nn.Linear(channels * size * size, figures[0]), nn.ReLU6()]
                channels = figures[0]
            case "output":
                parts.append(nn.Linear(channels, figures[0]))
    return nn.Sequential(*parts).to(memory_format=torch.channels_last)


def to_tflite(network: Any, pictures: NDArray[np.float32]) -> bytes:
    """Return a taught network as a TensorFlow Lite file that is int8 throughout.

    Batch normalization is folded into the convolutions; the ranges of the activations are those
    seen in `pictures`, float32 (n, side, side).
    """
    import tensorflow  # noqa: PLC0415

    layers = tensorflow.keras.layers

    def convolution(x: Any, part: Any) -> Any:
        kernel, norm = part.convolution.weight, part.norm
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        kernel = _numpy(kernel * scale[:, None, None, None])
        bias = _numpy(norm.bias - norm.running_mean * scale)
        figures = {"strides": part.convolution.stride, "padding": "same"}
        if part.convolution.groups > 1:
            layer = layers.DepthwiseConv2D(part.convolution.kernel_size, **figures)
            weights = kernel.transpose(2, 3, 0, 1)
        else:
            layer = layers.Conv2D(len(bias), part.convolution.kernel_size, **figures)
            weights = kernel.transpose(2, 3, 1, 0)
        x = layer(x)
        layer.set_weights([weights, bias])
        return layers.ReLU(6.0)(x) if part.active else x

    def dense(x: Any, part: Any, before: tuple[int, ...]) -> Any:
        weight = _numpy(part.weight)
        if len(before) == 3:  # PyTorch flattens channels first
            height, width, channels = before
            weight = weight.reshape(-1, channels, height, width).transpose(0, 2, 3, 1)
        layer = layers.Dense(len(weight))
        x = layer(x)
        layer.set_weights([weight.reshape(len(weight), -1).T, _numpy(part.bias)])
        return x

    entry = x = layers.Input((LIFT_SIDE, LIFT_SIDE, 1), 1)
    shape: tuple[int, ...] = ()
    for part in network:
        match type(part).__name__:
            case "Convolution":
                x = convolution(x, part)
            case "Residual":
                inner = x
                for each in part.inner:
                    inner = convolution(inner, each)
                x = layers.Add()([x, inner])
            case "Flatten":
                shape = tuple(x.shape[1:])
                x = layers.Flatten()(x)
            case "Linear":
                x, shape = dense(x, part, shape), ()
            case "ReLU6":
                x = layers.ReLU(6.0)(x)
    model = tensorflow.keras.Model(entry, x)

    def shown() -> Iterator[list[NDArray[np.float32]]]:
        for picture in pictures:
            yield [picture[np.newaxis, :, :, np.newaxis]]

    converter = tensorflow.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
    converter.representative_dataset = shown
    converter.target_spec.supported_ops = [tensorflow.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tensorflow.int8
    return bytes(converter.convert())


def _numpy(tensor: Any) -> NDArray[np.float32]:
    return np.asarray(tensor.detach().contiguous().numpy(), np.float32)
