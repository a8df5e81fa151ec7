#!/usr/bin/python3
"""Models that Castor must refuse, for the end-to-end tests: a truncated file, an unknown operator, an unknown attribute."""
import pathlib
import sys

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save


def model_of(nodes, initializers=()):
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4, 8, 8])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    return helper.make_model(helper.make_graph(nodes, "bad", [x], [y], list(initializers)), opset_imports=[helper.make_opsetid("", 13)])


def main():
    folder = pathlib.Path(sys.argv[1])
    good = (folder / "small-int8.onnx").read_bytes()
    (folder / "truncated.onnx").write_bytes(good[: len(good) // 2])
    (folder / "empty.onnx").write_bytes(b"")
    save(model_of([helper.make_node("Einsum", ["x"], ["y"], name="strange", equation="nchw->nhwc")]), folder / "unsupported.onnx")
    weights = numpy_helper.from_array(np.ones((4, 4, 3, 3), np.float32), "w")
    save(model_of([helper.make_node("Conv", ["x", "w"], ["y"], name="reshaped", auto_pad="SAME_WEIRD")], [weights]), folder / "attribute.onnx")
    np.save(folder / "wrong-shape.npy", np.zeros((1, 3, 16, 16), np.float32))


if __name__ == "__main__":
    main()
