"""The lift network: its layers, and how it becomes a TensorFlow Lite file.

It sees one grey crop of a face, and nothing else: no rest, no pose, no landmarks. What it says of a
relaxed face differs from person to person, so only differences mean something; the device subtracts
what it says at rest, as it does with every other signal. It is built of depthwise separable
convolutions (Howard et al., "MobileNets", 2017, arXiv:1704.04861) with residuals, and of ReLU6,
whose range is known beforehand (Krishnamoorthi, "Quantizing deep convolutional networks for
efficient inference", 2018, arXiv:1806.08342).
"""

from __future__ import annotations

from typing import Any

import tensorflow

from device.vision import LIFT_SIDE
from tools.lift_network.people import LABELS

DROPPED = 0.2
"""Share of the features that are left out at random while it is taught."""

layers = tensorflow.keras.layers
_INITIAL = tensorflow.keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")
"""Small weights to begin with: from larger ones, answers begin so wrong that the first steps leave
most of the activations at an end of ReLU6, where nothing is learnt any more."""
_INITIAL_DEPTHWISE = tensorflow.keras.initializers.RandomUniform(-1 / 3, 1 / 3)
"""The same for a depthwise kernel, which Keras takes for one that adds all channels up."""


def build() -> Any:
    """Return the network, a `keras.Model`: float32 (n, side, side, 1) in, (n, labels) out."""
    entry = layers.Input((LIFT_SIDE, LIFT_SIDE, 1))
    x = _convolution(entry, 16, kernel=3, stride=2)
    x = _separable(x, 32)
    x = _residual(x)
    x = _separable(x, 64)
    x = _residual(_residual(x))
    x = _separable(x, 96)
    x = _residual(x)
    x = _convolution(x, 24)
    x = layers.Dropout(DROPPED)(layers.Flatten()(x))
    x = layers.ReLU(6.0)(layers.Dense(64, kernel_initializer=_INITIAL)(x))
    return tensorflow.keras.Model(
        entry, layers.Dense(len(LABELS), kernel_initializer=_INITIAL, name="lift")(x)
    )


def _convolution(x: Any, channels: int, kernel: int = 1, stride: int = 1) -> Any:
    x = layers.Conv2D(
        channels, kernel, stride, padding="same", use_bias=False, kernel_initializer=_INITIAL
    )(x)
    return layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.9)(x))


def _depthwise(x: Any, stride: int = 1) -> Any:
    x = layers.DepthwiseConv2D(
        3, stride, padding="same", use_bias=False, depthwise_initializer=_INITIAL_DEPTHWISE
    )(x)
    return layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.9)(x))


def _separable(x: Any, channels: int) -> Any:
    """Halve the picture's side, depthwise, and then mix its channels."""
    return _convolution(_depthwise(x, stride=2), channels)


def _residual(x: Any) -> Any:
    inner = layers.Conv2D(x.shape[-1], 1, use_bias=False, kernel_initializer=_INITIAL)(
        _depthwise(x)
    )
    return layers.Add()([x, layers.BatchNormalization(momentum=0.9)(inner)])


def to_tflite(network: Any) -> bytes:
    """Return `network` as a TensorFlow Lite file, float32 throughout."""
    # One picture at a time: in a graph of any number of pictures the tensors have no fixed size,
    # and the runtime of Python 3.11 leaves such a graph to its slow kernels.
    entry = layers.Input((LIFT_SIDE, LIFT_SIDE, 1), batch_size=1)
    one = tensorflow.keras.Model(entry, network(entry))
    return bytes(tensorflow.lite.TFLiteConverter.from_keras_model(one).convert())
