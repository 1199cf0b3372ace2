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


def failing_rows():
    """Models that fail on some rows, on too many rows, or for want of memory."""
    lookup = [
        node("Gather", ["E", "ids"], ["e"]),
        node("ReduceMean", ["e"], ["p"], axes=[1], keepdims=0),
        node("MatMul", ["p", "H"], ["y"]),
    ]
    table = [constant("E", weights(100, 8)), constant("H", weights(8, 3))]
    for name, rows in (("lookup", "N"), ("lookup-batch-4", 4)):
        write(name, lookup, [tensor("ids", INT64, [rows, 4])], [tensor("y", FLOAT, [rows, 3])], table)

    # y = x W + zeros[index], which fails unless index is 0.
    def guarded(name, guard, constants):
        nodes = [
            *guard,
            node("Gather", ["zeros", "index"], ["nothing"]),
            node("MatMul", ["x", "W"], ["z"]),
            node("Add", ["z", "nothing"], ["y"]),
        ]
        x, y = [tensor("x", FLOAT, ["N", 4])], [tensor("y", FLOAT, ["N", 3])]
        write(name, nodes, x, y, [constant("W", weights(4, 3)), constant("zeros", np.zeros((1, 3))), *constants])

    guarded("plain", [node("Constant", [], ["index"], value=constant("", [0], np.int64))], [])
    not_nan = [
        node("IsNaN", ["x"], ["nan"]),
        node("Cast", ["nan"], ["ones"], to=INT64),
        node("ReduceMax", ["ones"], ["index"], axes=[1], keepdims=0),
    ]
    guarded("rejects-nan", not_nan, [])
    shape = [node("Shape", ["x"], ["shape"], start=0, end=1)]
    at_most_four = [node("Greater", ["shape", "four"], ["more"]), node("Cast", ["more"], ["index"], to=INT64)]
    guarded("four-rows", [*shape, *at_most_four], [constant("four", [4], np.int64)])

    # 2^45 floats, or one.
    def hungry(name, wants, constants):
        zero = helper.make_tensor("value", FLOAT, [1], [0])
        nodes = [
            *wants,
            node("Where", ["much", "huge", "one"], ["size"]),
            node("ConstantOfShape", ["size"], ["scratch"], value=zero),
            node("ReduceSum", ["scratch"], ["nothing"], keepdims=0),
            node("MatMul", ["x", "W"], ["z"]),
            node("Add", ["z", "nothing"], ["y"]),
        ]
        x, y = [tensor("x", FLOAT, ["N", 4])], [tensor("y", FLOAT, ["N", 3])]
        sizes = [constant("huge", [2**45], np.int64), constant("one", [1], np.int64)]
        write(name, nodes, x, y, [constant("W", weights(4, 3)), *sizes, *constants])

    many = [*shape, node("Greater", ["shape", "eight"], ["much"])]
    hungry("memory-for-eight", many, [constant("eight", [8], np.int64)])
    large = [node("ReduceMax", ["x"], ["top"], keepdims=0), node("Greater", ["top", "hundred"], ["much"])]
    hungry("memory-for-small", large, [constant("hundred", [100])])


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
    failing_rows()
    label_values()
