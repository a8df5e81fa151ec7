#!/usr/bin/python3
"""Writes the ONNX models that Castor's scripts and tests use. Nothing is downloaded; the same bytes come out every time.

  resnet50.onnx, resnet50-int8.onnx   ResNet-50 v1.5, 224x224, batch 1: real topology, seeded He-initialised weights
  small.onnx, small-int8.onnx         32x32: stem with max-pool, two residual blocks, strided shortcut, global average, classifier
  variety.onnx, variety-int8.onnx     24x24: grouped and depthwise convolutions, concatenation, ReLU6, average and unfused max-pool, softmax
  <network>-input.npy                 a seeded input (float32, NCHW)

The float model keeps its batch normalisations; their mean and variance are those of the activations seen on seeded images, so no
layer dies out or blows up. The int8 model is in QDQ form, symmetric, one scale a tensor, with the batch normalisations folded; scales are
calibrated on the same images, and the share of zeros and of saturated values of every layer is printed.
"""
import argparse
import hashlib
import pathlib
import sys

try:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ImportError as missing:
    sys.exit(f"make_models.py: {missing}: install python3-onnx and python3-numpy (and run it with /usr/bin/python3)")

OPSET = 13
SATURATED_SHARE = 2e-4  # share of activations a scale may clip


def seeded_images(seed, count, size, channels=3):
    """Smooth random images with some noise, mean 0 and standard deviation about 1, so that activations differ between images."""
    random = np.random.RandomState(seed)
    axis = np.arange(size, dtype=np.float64) / size
    images = np.zeros((count, channels, size, size))
    for image in images:
        for plane in image:
            for _ in range(6):
                fx, fy, phase, gain = random.uniform(-6, 6), random.uniform(-6, 6), random.uniform(0, 2 * np.pi), random.uniform(0.2, 0.8)
                plane += gain * np.cos(2 * np.pi * (fx * axis[None, :] + fy * axis[:, None]) + phase)
            plane += random.uniform(-0.5, 0.5) + 0.4 * random.standard_normal(plane.shape)
    return np.round(images * 1024).astype(np.float32) / 1024


def coarse(values, bits=8):
    """Rounds to a few significant bits, so that the last bits of a sum (which differ between BLAS builds) never reach a model."""
    mantissa, exponent = np.frexp(np.asarray(values, dtype=np.float64))
    return np.ldexp(np.round(mantissa * 2**bits) / 2**bits, exponent)


def patches(x, kernel, stride, pad, fill=0.0):
    """im2col: (N, C*k*k, OH*OW) and the output size."""
    n, c, h, w = x.shape
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), constant_values=fill)
    oh, ow = (h + 2 * pad - kernel) // stride + 1, (w + 2 * pad - kernel) // stride + 1
    view = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(2, 3))[:, :, : oh * stride : stride, : ow * stride : stride]
    return np.ascontiguousarray(view.transpose(0, 1, 4, 5, 2, 3)).reshape(n, c * kernel * kernel, oh * ow), oh, ow


def convolve(x, weights, stride, pad, groups):
    outputs, per_group = weights.shape[0], weights.shape[0] // groups
    results = []
    for group in range(groups):
        part = x[:, group * weights.shape[1] : (group + 1) * weights.shape[1]]
        columns, oh, ow = patches(part, weights.shape[2], stride, pad)
        matrix = weights[group * per_group : (group + 1) * per_group].reshape(per_group, -1)
        results.append(np.stack([matrix @ c for c in columns]))
    return np.concatenate(results, axis=1).reshape(x.shape[0], outputs, oh, ow)


class Tensor:
    """A value of both models: its name in each, its scale in the int8 one, and what the calibration images give."""

    def __init__(self, float_name, int8_name, values, scale=None):
        self.float_name, self.int8_name, self.values, self.scale = float_name, int8_name, values, scale


class Network:
    """Builds the float and the int8 model together, running the calibration images through every layer as it is added."""

    def __init__(self, name, size, seed, images=4):
        self.name, self.random = name, np.random.RandomState(seed)
        self.float_nodes, self.float_constants, self.int8_nodes, self.int8_constants = [], [], [], []
        self.rows = []
        values = seeded_images(seed + 1, images, size)
        self.shape = [1, 3, size, size]
        self.input = self._quantised("input", Tensor("input", "input", values))

    # -- constants and nodes -------------------------------------------------------------------------------------------------
    def _constant(self, model, name, array):
        constants = self.float_constants if model == "float" else self.int8_constants
        constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def _float(self, op, inputs, output, name, **attributes):
        self.float_nodes.append(helper.make_node(op, inputs, [output], name=name, **attributes))
        return output

    def _int8(self, op, inputs, output, name, **attributes):
        self.int8_nodes.append(helper.make_node(op, inputs, [output], name=name, **attributes))
        return output

    def _scale_of(self, values):
        magnitude = np.abs(values).ravel()
        keep = int(len(magnitude) * (1 - SATURATED_SHARE))
        return np.float32(coarse(np.partition(magnitude, keep)[keep] / 127))

    def _quantised(self, name, tensor, scale=None):
        """A QuantizeLinear/DequantizeLinear pair after `tensor` in the int8 model."""
        scale = self._scale_of(tensor.values) if scale is None else scale
        constant = self._constant("int8", f"{name}_scale", np.float32(scale))
        zero = self._constant("int8", f"{name}_zero", np.int8(0))
        quantised = self._int8("QuantizeLinear", [tensor.int8_name, constant, zero], f"{name}_q", f"{name}.quantize")
        result = self._int8("DequantizeLinear", [quantised, constant, zero], f"{name}_dq", f"{name}.dequantize")
        self._report(name, tensor.values, scale)
        return Tensor(tensor.float_name, result, tensor.values, scale)

    def _report(self, name, values, scale):
        steps = np.rint(values / scale)
        self.rows.append((name, "x".join(map(str, values.shape[1:])), float(scale), float(np.mean(steps == 0)), float(np.mean(np.abs(steps) >= 127))))

    def _weights(self, name, weights, bias, input_scale):
        """int8 weights and int32 bias of the int8 model, each with its DequantizeLinear."""
        scale = np.float32(coarse(np.abs(weights).max() / 127))
        bias_scale = np.float32(scale * input_scale)
        steps = np.clip(np.rint(weights / scale), -127, 127).astype(np.int8)
        names = []
        for kind, array, step, zero in (("weight", steps, scale, np.int8(0)), ("bias", np.rint(bias / bias_scale).astype(np.int32), bias_scale, np.int32(0))):
            data = self._constant("int8", f"{name}.{kind}_q", array)
            factor = self._constant("int8", f"{name}.{kind}_scale", step)
            offset = self._constant("int8", f"{name}.{kind}_zero", zero)
            names.append(self._int8("DequantizeLinear", [data, factor, offset], f"{name}.{kind}_dq", f"{name}.{kind}.dequantize"))
        return names

    # -- layers -----------------------------------------------------------------------------------------------------------------
    def conv(self, x, name, outputs, kernel, stride=1, pad=0, groups=1, activation="relu", gain=1.0, scale=None, headroom=1.0):
        inputs = x.values.shape[1] // groups
        weights = (self.random.standard_normal((outputs, inputs, kernel, kernel)) * np.sqrt(2 / (inputs * kernel * kernel))).astype(np.float32)
        gamma = coarse(gain * self.random.uniform(0.7, 1.3, outputs)).astype(np.float32)
        beta = coarse(0.25 * self.random.standard_normal(outputs)).astype(np.float32)
        values = convolve(x.values, weights, stride, pad, groups)
        mean = coarse(values.mean(axis=(0, 2, 3), dtype=np.float64)).astype(np.float32)
        variance = coarse(values.var(axis=(0, 2, 3), dtype=np.float64) + 1e-4).astype(np.float32)
        factor = gamma / np.sqrt(variance + np.float32(1e-5))
        folded = weights * factor[:, None, None, None]
        bias = beta - mean * factor
        values = values * factor[None, :, None, None] + bias[None, :, None, None]

        shape = dict(kernel_shape=[kernel, kernel], strides=[stride, stride], pads=[pad] * 4, dilations=[1, 1], group=groups)
        out = self._float("Conv", [x.float_name, self._constant("float", f"{name}.weight", weights)], f"{name}_out", name, **shape)
        parameters = [self._constant("float", f"{name}.bn.{k}", v) for k, v in (("weight", gamma), ("bias", beta), ("mean", mean), ("var", variance))]
        out = self._float("BatchNormalization", [out] + parameters, f"{name}.bn_out", f"{name}.bn", epsilon=1e-5)
        out8 = self._int8("Conv", [x.int8_name] + self._weights(name, folded, bias, x.scale), f"{name}_out", name, **shape)
        if headroom != 1.0:
            scale = np.float32(coarse(headroom * self._scale_of(values)))
        return self._activated(Tensor(out, out8, values), name, activation, scale)

    def _activated(self, tensor, name, activation, scale=None):
        if activation == "relu":
            tensor.float_name = self._float("Relu", [tensor.float_name], f"{name}.relu_out", f"{name}.relu")
            tensor.int8_name = self._int8("Relu", [tensor.int8_name], f"{name}.relu_out", f"{name}.relu")
            tensor.values = np.maximum(tensor.values, 0)
        elif activation == "relu6":
            bounds = [self._constant(m, f"{name}.{k}", np.float32(v)) for m in ("float", "int8") for k, v in (("min", 0), ("max", 6))]
            tensor.float_name = self._float("Clip", [tensor.float_name] + bounds[:2], f"{name}.relu6_out", f"{name}.relu6")
            tensor.int8_name = self._int8("Clip", [tensor.int8_name] + bounds[2:], f"{name}.relu6_out", f"{name}.relu6")
            tensor.values = np.clip(tensor.values, 0, 6)
        return self._quantised(name, tensor, scale)

    def pool(self, x, name, op, kernel, stride, pad):
        fill = -np.inf if op == "MaxPool" else 0.0
        n, c = x.values.shape[:2]
        columns, oh, ow = patches(x.values, kernel, stride, pad, fill)
        columns = columns.reshape(n, c, kernel * kernel, oh * ow)
        values = (columns.max(axis=2) if op == "MaxPool" else columns.mean(axis=2)).reshape(n, c, oh, ow)
        shape = dict(kernel_shape=[kernel, kernel], strides=[stride, stride], pads=[pad] * 4)
        if op == "AveragePool":
            shape["count_include_pad"] = 1
        tensor = Tensor(self._float(op, [x.float_name], f"{name}_out", name, **shape), self._int8(op, [x.int8_name], f"{name}_out", name, **shape), values)
        return self._quantised(name, tensor, x.scale if op == "MaxPool" else None)

    def add(self, a, b, name, activation="relu", scale=None):
        tensor = Tensor(self._float("Add", [a.float_name, b.float_name], f"{name}_out", name), self._int8("Add", [a.int8_name, b.int8_name], f"{name}_out", name), a.values + b.values)
        return self._activated(tensor, name, activation, scale)

    def concat(self, parts, name):
        scale = parts[0].scale if len({float(p.scale) for p in parts}) == 1 else None
        tensor = Tensor(
            self._float("Concat", [p.float_name for p in parts], f"{name}_out", name, axis=1),
            self._int8("Concat", [p.int8_name for p in parts], f"{name}_out", name, axis=1),
            np.concatenate([p.values for p in parts], axis=1))
        return self._quantised(name, tensor, scale)

    def global_average(self, x, name):
        values = x.values.mean(axis=(2, 3), keepdims=True)
        tensor = Tensor(self._float("GlobalAveragePool", [x.float_name], f"{name}_out", name), self._int8("GlobalAveragePool", [x.int8_name], f"{name}_out", name), values)
        return self._quantised(name, tensor)

    def classifier(self, x, name, classes):
        x = Tensor(self._float("Flatten", [x.float_name], "flatten_out", "flatten", axis=1), self._int8("Flatten", [x.int8_name], "flatten_out", "flatten", axis=1), x.values.reshape(len(x.values), -1), x.scale)
        features = x.values.shape[1]
        weights = (self.random.standard_normal((classes, features)) * np.sqrt(1 / features)).astype(np.float32)
        bias = coarse(0.1 * self.random.standard_normal(classes)).astype(np.float32)
        constants = [self._constant("float", f"{name}.weight", weights), self._constant("float", f"{name}.bias", bias)]
        tensor = Tensor(
            self._float("Gemm", [x.float_name] + constants, f"{name}_out", name, transB=1),
            self._int8("Gemm", [x.int8_name] + self._weights(name, weights, bias, x.scale), f"{name}_out", name, transB=1),
            x.values @ weights.T + bias)
        return self._quantised(name, tensor)

    def softmax(self, x, name):
        shifted = np.exp(x.values - x.values.max(axis=1, keepdims=True))
        return Tensor(self._float("Softmax", [x.float_name], f"{name}_out", name, axis=1), self._int8("Softmax", [x.int8_name], f"{name}_out", name, axis=1), shifted / shifted.sum(axis=1, keepdims=True))

    # -- files --------------------------------------------------------------------------------------------------------------------
    def write(self, folder, output, output_name):
        for kind, nodes, constants, last in (("", self.float_nodes, self.float_constants, output.float_name), ("-int8", self.int8_nodes, self.int8_constants, output.int8_name)):
            nodes[-1].output[list(nodes[-1].output).index(last)] = output_name
            graph = helper.make_graph(
                nodes, self.name + kind,
                [helper.make_tensor_value_info("input", TensorProto.FLOAT, self.shape)],
                [helper.make_tensor_value_info(output_name, TensorProto.FLOAT, [1] + list(output.values.shape[1:]))],
                constants)
            model = helper.make_model(graph, producer_name="castor", opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
            onnx.checker.check_model(model)
            (folder / f"{self.name}{kind}.onnx").write_bytes(model.SerializeToString())
        np.save(folder / f"{self.name}-input.npy", seeded_images(42, 1, self.shape[2]))
        self._print_table()

    def _print_table(self):
        print(f"{self.name}: share of zeros and of saturated values over the calibration images")
        print(f"  {'layer':24} {'shape':>14} {'scale':>10} {'zeros':>7} {'saturated':>10}")
        for name, shape, scale, zeros, saturated in self.rows:
            print(f"  {name:24} {shape:>14} {scale:10.6f} {zeros:7.1%} {saturated:10.3%}")
            if zeros > 0.9 or saturated > 0.05:
                sys.exit(f"make_models.py: layer {name} of {self.name} has collapsed")


def bottleneck(net, x, name, middle, stride, shortcut, one_scale=True):
    """The v1.5 block: the stride sits on the 3x3. With one_scale the sums of a stage keep the scale of its shortcut, which leaves
    room for their growth: an addition then rounds once, whoever computes it."""
    y = net.conv(x, f"{name}.conv1", middle, 1)
    y = net.conv(y, f"{name}.conv2", middle, 3, stride, 1)
    # The branch is the smaller part of the sum, as in trained networks: random ones would amplify every rounding otherwise.
    y = net.conv(y, f"{name}.conv3", 4 * middle, 1, activation=None, gain=0.2)
    if shortcut:
        x = net.conv(x, f"{name}.downsample", 4 * middle, 1, stride, activation=None, headroom=1.25 if one_scale else 1.0)
    return net.add(y, x, f"{name}.add", scale=x.scale if one_scale else None)


def resnet50(folder):
    net = Network("resnet50", 224, seed=50, images=3)
    x = net.conv(net.input, "conv1", 64, 7, 2, 3)
    x = net.pool(x, "maxpool", "MaxPool", 3, 2, 1)
    for stage, (middle, blocks) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3)), start=1):
        for block in range(blocks):
            x = bottleneck(net, x, f"layer{stage}.{block}", middle, 2 if stage > 1 and block == 0 else 1, block == 0)
    x = net.global_average(x, "avgpool")
    net.write(folder, net.classifier(x, "fc", 1000), "output")


def small(folder):
    net = Network("small", 32, seed=7)
    x = net.conv(net.input, "conv1", 32, 5, 1, 2)
    x = net.pool(x, "maxpool", "MaxPool", 3, 2, 1)
    x = bottleneck(net, x, "block1", 16, 1, True, one_scale=False)
    x = bottleneck(net, x, "block2", 24, 2, True, one_scale=False)
    x = net.global_average(x, "avgpool")
    net.write(folder, net.classifier(x, "fc", 10), "output")


def variety(folder):
    net = Network("variety", 24, seed=11)
    x = net.conv(net.input, "stem", 24, 3, 2, 1, activation="relu6", scale=np.float32(6 / 127))
    x = net.conv(x, "depthwise", 24, 3, 1, 1, groups=24)
    x = net.conv(x, "grouped", 40, 3, 1, 1, groups=2)
    squeeze = net.conv(x, "squeeze", 16, 1)
    a = net.conv(squeeze, "expand1", 24, 1)
    b = net.conv(squeeze, "expand3", 24, 3, 1, 1, scale=a.scale)
    x = net.concat([a, b], "concat")
    x = net.pool(x, "maxpool", "MaxPool", 3, 2, 0)
    c = net.conv(x, "left", 20, 1, activation=None)
    d = net.conv(x, "right", 12, 3, 1, 1)
    x = net.concat([c, d], "rescaled")
    x = net.pool(x, "averagepool", "AveragePool", 3, 1, 1)
    x = net.global_average(x, "avgpool")
    net.write(folder, net.softmax(net.classifier(x, "fc", 10), "softmax"), "output")


NETWORKS = {"small": small, "variety": variety, "resnet50": resnet50}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent / "models")
    parser.add_argument("--force", action="store_true", help="write the models even when they are up to date")
    parser.add_argument("networks", nargs="*", metavar="network", help=f"which to write: {', '.join(NETWORKS)} (default: all)")
    arguments = parser.parse_args()
    for name in arguments.networks:
        if name not in NETWORKS:
            parser.error(f"unknown network '{name}' (choose from {', '.join(NETWORKS)})")
    arguments.out.mkdir(parents=True, exist_ok=True)
    source = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()
    for name in arguments.networks or NETWORKS:
        stamp = arguments.out / f".{name}.stamp"
        files = [arguments.out / f"{name}{suffix}" for suffix in (".onnx", "-int8.onnx", "-input.npy")]
        if not arguments.force and stamp.exists() and stamp.read_text() == source and all(f.exists() for f in files):
            print(f"{name}: up to date")
            continue
        NETWORKS[name](arguments.out)
        stamp.write_text(source)


if __name__ == "__main__":
    main()
