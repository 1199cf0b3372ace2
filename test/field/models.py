"""Makes the models of test/field: `python3 test/field/models.py`, with onnx and numpy. One function per kind."""

from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

HERE = Path(__file__).parent / "models"
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
node = helper.make_node
tensor = helper.make_tensor_value_info


def constant(name, values, dtype=np.float32):
    return numpy_helper.from_array(np.asarray(values, dtype), name)


def write(name, nodes, inputs, outputs, constants):
    graph = helper.make_graph(nodes, name, inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    checker.check_model(model)
    save(model, HERE / f"{name}.onnx")


def weights(rows, columns, seed=3):
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)

X, SCORES = [tensor("x", FLOAT, ["N", 4])], [tensor("y", FLOAT, ["N", 3])]


def label_values():
    """Classifiers whose labels are values of all types; `scores` and `two-scores` tell the classes."""
    write("scores", [node("MatMul", ["x", "W"], ["y"])], X, SCORES, [constant("W", weights(4, 3))])
    write("two-scores", [node("MatMul", ["x", "W"], ["y"])], X, [tensor("y", FLOAT, ["N", 2])], [constant("W", weights(4, 2))])

    def labels(name, values, dtype):
        nodes = [
            node("MatMul", ["x", "W"], ["y"]),
            node("ArgMax", ["y"], ["class"], axis=1, keepdims=0),
            node("Gather", ["values", "class"], ["label"]),
        ]
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        constants = [constant("W", weights(4, len(values))), constant("values", values, dtype)]
        write(name, nodes, X, [tensor("label", kind, ["N"])], constants)

    labels("labels-from-1", [1, 2, 3], np.int64)
    labels("labels-ids", [100000, 7, -5], np.int64)
    labels("labels-signs", [-1, 1], np.int32)
    labels("labels-huge", [2**64 - 1, 2**53 - 1, 0], np.uint64)
    labels("labels-bool", [False, True], np.bool_)
    for dtype in ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"):
        labels(f"labels-{dtype}", [0, 1, 2], dtype)
        labels(f"labels-{dtype}-from-100", [100, 101, 102], dtype)


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    label_values()
