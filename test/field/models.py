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


def ragged():
    """Models of texts: one that heeds its mask, and one that has none."""
    tokens, width, longest = 64, 8, 512
    ids, mask = tensor("input_ids", INT64, ["N", "S"]), tensor("attention_mask", INT64, ["N", "S"])
    y = tensor("y", FLOAT, ["N", 3])
    nodes = [
        node("Gather", ["E", "input_ids"], ["embedded"]),
        node("Shape", ["input_ids"], ["length"], start=1, end=2),
        node("Squeeze", ["length"], ["steps"]),
        node("Range", ["zero", "steps", "one"], ["positions"]),
        node("Gather", ["P", "positions"], ["places"]),
        node("Add", ["embedded", "places"], ["x0"]),
        node("Cast", ["attention_mask"], ["heeded"], to=FLOAT),
        node("Sub", ["unit", "heeded"], ["unheeded"]),
        node("Mul", ["unheeded", "low"], ["bias"]),
        node("Unsqueeze", ["bias", "axis1"], ["bias_of_all"]),
        node("Unsqueeze", ["heeded", "axis2"], ["heeded_wide"]),
    ]
    constants = [
        constant("E", weights(tokens, width)),
        constant("P", weights(longest, width, 4) / 2),
        constant("zero", 0, np.int64),
        constant("one", 1, np.int64),
        constant("unit", [1]),
        constant("low", [-1e9]),
        constant("axis1", [1], np.int64),
        constant("axis2", [2], np.int64),
        constant("H", weights(width, 3, 5)),
        constant("scale", [np.ones(width)]),
    ]
    for layer in (0, 1):
        x, out = f"x{layer}", f"x{layer + 1}"
        for i, name in enumerate(("q", "k", "v", "o", "up", "down")):
            constants.append(constant(f"{name}{layer}", weights(width, width, 10 * layer + i + 20) / 3))
        own = lambda *names: [f"{name}_{layer}" for name in names]
        nodes += [
            node("MatMul", [x, f"q{layer}"], own("query")),
            node("MatMul", [x, f"k{layer}"], own("key")),
            node("MatMul", [x, f"v{layer}"], own("value")),
            node("Transpose", own("key"), own("turned"), perm=[0, 2, 1]),
            node("MatMul", own("query", "turned"), own("raw")),
            node("Add", [*own("raw"), "bias_of_all"], own("scores")),
            node("Softmax", own("scores"), own("attention"), axis=-1),
            node("MatMul", own("attention", "value"), own("mixed")),
            node("MatMul", [*own("mixed"), f"o{layer}"], own("change")),
            node("Add", [x, *own("change")], own("between")),
            node("LayerNormalization", [*own("between"), "scale"], own("even"), axis=-1),
            node("MatMul", [*own("even"), f"up{layer}"], own("lifted")),
            node("Relu", own("lifted"), own("bent")),
            node("MatMul", [*own("bent"), f"down{layer}"], own("lowered")),
            node("Add", own("even", "lowered"), [out]),
        ]
    nodes += [
        node("Mul", ["x2", "heeded_wide"], ["kept"]),
        node("ReduceSum", ["kept", "axis1"], ["sum"], keepdims=0),
        node("ReduceSum", ["heeded", "axis1"], ["count"], keepdims=1),
        node("Div", ["sum", "count"], ["pooled"]),
        node("MatMul", ["pooled", "H"], ["y"]),
    ]
    write("masked-text", nodes, [ids, mask], [y], constants)

    mean = [
        node("Gather", ["E", "input_ids"], ["e"]),
        node("ReduceMean", ["e"], ["p"], axes=[1], keepdims=0),
        node("MatMul", ["p", "H"], ["y"]),
    ]
    write("mean-text", mean, [ids], [y], [constant("E", weights(tokens, width)), constant("H", weights(width, 3, 5))])
    # Steps of several numbers: a recording of two channels.
    pooled = [node("ReduceMax", ["frames"], ["p"], axes=[1], keepdims=0), node("MatMul", ["p", "H"], ["y"])]
    write("frames", pooled, [tensor("frames", FLOAT, ["N", "T", 2])], [y], [constant("H", weights(2, 3, 5))])


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    failing_rows()
    ragged()
