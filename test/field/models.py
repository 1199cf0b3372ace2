"""Makes the models of test/field: `python3 test/field/models.py`, with onnx 1.23.2 (another writes other bytes) and
numpy; `converted` needs more, which it imports. One function per kind."""

import gzip
import json
import warnings
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

HERE = Path(__file__).parent / "models"
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
node = helper.make_node
tensor = helper.make_tensor_value_info
X, SCORES = [tensor("x", FLOAT, ["N", 4])], [tensor("y", FLOAT, ["N", 3])]


def constant(name, values, dtype=np.float32):
    return numpy_helper.from_array(np.asarray(values, dtype), name)


def write(name, nodes, inputs, outputs, constants, domains=()):
    graph = helper.make_graph(nodes, name, inputs, outputs, constants)
    imports = [helper.make_opsetid("", 17), *(helper.make_opsetid(domain, 2) for domain in domains)]
    model = helper.make_model(graph, opset_imports=imports)
    model.ir_version = 8
    if all(output.type.tensor_type.HasField("shape") for output in outputs):
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
    write("mean-text-open", mean, [ids], [tensor("y", FLOAT, ["N", "C"])], [constant("E", weights(tokens, width)), constant("H", weights(width, 3, 5))])
    # Steps of several numbers: a recording of two channels.
    pooled = [node("ReduceMax", ["frames"], ["p"], axes=[1], keepdims=0), node("MatMul", ["p", "H"], ["y"])]
    write("frames", pooled, [tensor("frames", FLOAT, ["N", "T", 2])], [y], [constant("H", weights(2, 3, 5))])


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


def shapes():
    """What `scores` computes, in every shape that three scores, or their label, can have and be declared in."""
    x, w = tensor("x", FLOAT, ["N", 4]), constant("W", weights(4, 3))
    scores = node("MatMul", ["x", "W"], ["y"])
    for name, real, declared in (
        ("tail", [-1, 3, 1, 1], ["N", 3, 1, 1]),
        ("middle", [-1, 1, 3], ["N", 1, 3]),
        ("tail-open", [-1, 3, 1, 1], ["N", "C", "H", "W"]),
        ("declared-one-row", [-1, 3], [1, 3]),
        ("declared-flat", [-1, 3], [3]),
        ("declared-two-classes", [-1, 3], ["N", 2]),
        ("declared-without-one", [-1, 3, 1], ["N", 3]),
        ("declared-not", [-1, 3], None),
        ("batch-last", [3, -1], ["C", "N"]),
        ("batch-last-declared-first", [3, -1], ["N", 3]),
        ("three-by-two", [-1, 3, 2], ["N", 3]),
    ):
        shape = constant("shape", real, np.int64)
        twice = [node("Concat", ["y", "y"], ["yy"], axis=1)] if real[-1] == 2 else []
        to = node("Reshape", ["yy" if twice else "y", "shape"], ["z"])
        write(name, [scores, *twice, to], [x], [tensor("z", FLOAT, declared)], [w, shape])
    fixed = tensor("x", FLOAT, [4, 4])
    write("fixed", [scores], [fixed], [tensor("y", FLOAT, [4, 3])], [w])
    write("fixed-declared-one-row", [scores, node("Identity", ["y"], ["z"])], [fixed], [tensor("z", FLOAT, [1, 3])], [w])
    for name, keep, declared in (
        ("label", 0, ["N"]),
        ("label-column", 1, ["N", 1]),
        ("label-declared-one", 0, [1]),
        ("label-declared-column", 0, ["N", 1]),
        ("label-column-declared-flat", 1, ["N"]),
    ):
        to = node("ArgMax", ["y"], ["label"], axis=1, keepdims=keep)
        write(name, [scores, to], [x], [tensor("label", INT64, declared)], [w])


def categories():
    """Models that refuse most rows that somebody makes up: categories must be some of these numbers."""
    for name, known, declared in (
        ("categories", [1, 2, 3], ["N", 3]),
        ("categories-open", [1, 2, 3], ["N", "C"]),
        ("categories-far-open", [10, 20, 30], ["N", "C"]),
    ):
        nodes = [
            node("OneHotEncoder", ["id"], ["o"], domain="ai.onnx.ml", cats_int64s=known, zeros=0),
            node("Squeeze", ["o", "axis"], ["q"]),
            node("Normalizer", ["q"], ["y"], domain="ai.onnx.ml", norm="L1"),
        ]
        axis = constant("axis", [1], np.int64)
        write(name, nodes, [tensor("id", INT64, ["N", 1])], [tensor("y", FLOAT, declared)], [axis], ["ai.onnx.ml"])
    nodes = [  # Positions for four rows: no batch may have more.
        node("MatMul", ["x", "W"], ["y"]),
        node("Shape", ["y"], ["shape"]),
        node("Gather", ["shape", "zero"], ["rows"]),
        node("Range", ["zero", "rows", "one"], ["range"]),
        node("Gather", ["P", "range"], ["p"]),
        node("Add", ["y", "p"], ["z"]),
    ]
    numbers = [constant("zero", 0, np.int64), constant("one", 1, np.int64), constant("P", np.zeros((4, 3)))]
    x, z = [tensor("x", FLOAT, ["N", 4])], [tensor("z", FLOAT, ["N", 3])]
    write("four-positions", nodes, x, z, [constant("W", weights(4, 3)), *numbers])


def constants():
    """Inputs without a batch: scalars of every type, vectors, tables."""
    x, z = tensor("x", FLOAT, ["N", 4]), tensor("z", FLOAT, ["N", 3])
    w = constant("W", weights(4, 3))
    scores, scaled = node("MatMul", ["x", "W"], ["y"]), node("Mul", ["y", "gain"], ["z"])
    write("gain", [scores, scaled], [x, tensor("gain", FLOAT, [])], [z], [w])
    write("gain-of-one", [scores, scaled], [x, tensor("gain", FLOAT, [1])], [z], [w])
    write("gain-open", [scores, scaled], [x, tensor("gain", FLOAT, ["C"])], [z], [w])
    table = node("MatMul", ["y", "table"], ["z"])
    write("table", [scores, table], [x, tensor("table", FLOAT, ["A", "B"])], [z], [w])
    types = "float16 float64 int8 uint8 int16 uint16 int32 uint32 int64 uint64 bool".split()
    for dtype in types:
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        nodes = [scores, node("Cast", ["gain"], ["g"], to=FLOAT), node("Mul", ["y", "g"], ["z"])]
        write(f"gain-{dtype}", nodes, [x, tensor("gain", kind, [])], [z], [w])


def converted():
    """Classifiers of scikit-learn, XGBoost and LightGBM as their converters write them, and what ONNX Runtime answers."""
    import onnxruntime
    import sklearn.discriminant_analysis as da
    import sklearn.ensemble as en
    import sklearn.linear_model as lm
    import sklearn.naive_bayes as nb
    from lightgbm import LGBMClassifier
    from onnxmltools.convert import convert_lightgbm, convert_xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType as Columns
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC, LinearSVC
    from sklearn.tree import DecisionTreeClassifier
    from xgboost import XGBClassifier

    warnings.simplefilter("ignore")
    # XGBoost's converter writes booleans where onnx wants integers.
    make_attribute = helper.make_attribute

    def with_integers(key, value, *rest, **named):
        if isinstance(value, (list, tuple)):
            value = [int(v) if isinstance(v, (bool, np.bool_)) else v for v in value]
        return make_attribute(key, value, *rest, **named)

    helper.make_attribute = with_integers
    rng = np.random.default_rng(5)
    train = rng.normal(size=(240, 4)).astype(np.float32)
    rows = rng.normal(size=(150, 4)).astype(np.float32)
    classes = lambda count: np.argmax(train @ weights(4, count) + 0.3 * rng.normal(size=(240, count)), axis=1)
    makers = {
        "logistic-regression": lambda: lm.LogisticRegression(),
        "scaled-logistic-regression": lambda: make_pipeline(StandardScaler(), lm.LogisticRegression()),
        "ridge": lambda: lm.RidgeClassifier(),
        "sgd": lambda: lm.SGDClassifier(loss="log_loss", random_state=0),
        "perceptron": lambda: lm.Perceptron(random_state=0),
        "discriminant": lambda: da.LinearDiscriminantAnalysis(),
        "svc": lambda: SVC(probability=True, random_state=0),
        "linear-svc": lambda: LinearSVC(random_state=0),
        "tree": lambda: DecisionTreeClassifier(max_depth=4, random_state=0),
        "forest": lambda: en.RandomForestClassifier(8, max_depth=4, random_state=0),
        "extra-trees": lambda: en.ExtraTreesClassifier(8, max_depth=4, random_state=0),
        "gradient-boosting": lambda: en.GradientBoostingClassifier(n_estimators=8, random_state=0),
        "hist-gradient-boosting": lambda: en.HistGradientBoostingClassifier(max_iter=8, random_state=0),
        "ada-boost": lambda: en.AdaBoostClassifier(n_estimators=8, random_state=0),
        "bagging": lambda: en.BaggingClassifier(DecisionTreeClassifier(max_depth=3), 5, random_state=0),
        "voting": lambda: en.VotingClassifier([("a", lm.LogisticRegression()), ("b", nb.GaussianNB())], voting="soft", flatten_transform=False),
        "mlp": lambda: MLPClassifier((8,), max_iter=300, random_state=0),
        "naive-bayes": lambda: nb.GaussianNB(),
        "neighbours": lambda: KNeighborsClassifier(5),
        "xgboost": lambda: XGBClassifier(n_estimators=8, max_depth=3, random_state=0),
        "lightgbm": lambda: LGBMClassifier(n_estimators=8, num_leaves=6, random_state=0, verbose=-1),
    }
    answers = {"rows": [round(float(v), 9) for v in rows.ravel()], "models": {}}
    for count in (2, 3):
        labels = classes(count)
        for kind, make in makers.items():
            fitted = make().fit(train, labels)
            if kind == "xgboost":
                model = convert_xgboost(fitted, initial_types=[("x", Columns([None, 4]))], target_opset=15)
            elif kind == "lightgbm":
                model = convert_lightgbm(fitted, initial_types=[("x", Columns([None, 4]))], target_opset=15, zipmap=False)
            else:
                types = [("x", FloatTensorType([None, 4]))]
                options = {} if kind in ("linear-svc", "ridge") else {"zipmap": False}
                model = convert_sklearn(fitted, initial_types=types, target_opset=17, options=options)
            name = f"{kind}-{count}"
            save(model, HERE / "converted" / f"{name}.onnx")
            session = onnxruntime.InferenceSession(model.SerializeToString())
            label, scores = session.run(None, {"x": rows})
            outputs = [{"name": o.name, "declared": o.shape} for o in session.get_outputs()]
            answers["models"][name] = {
                "label": outputs[0]["name"],
                "scores": outputs[1]["name"],
                "labels": "".join(str(int(v)) for v in np.ravel(label)),
                "width": int(np.reshape(scores, (150, -1)).shape[1]),
                "values": [float(f"{v:.7g}") for v in np.ravel(scores)],
            }
            print(name, outputs, np.shape(label), np.shape(scores), len(model.SerializeToString()))
    text = json.dumps(answers, separators=(",", ":")).encode()
    (HERE / "converted" / "answers.json.gz").write_bytes(gzip.compress(text, mtime=0))


def strings():
    """A model of strings, and one whose labels are strings."""
    encode = node("LabelEncoder", ["s"], ["k"], domain="ai.onnx.ml", keys_strings=["a", "b"], values_floats=[0.0, 1.0])
    write("strings-in", [encode, node("Concat", ["k", "k"], ["y"], axis=1)],
          [tensor("s", TensorProto.STRING, ["N", 1])], [tensor("y", FLOAT, ["N", 2])], [], ["ai.onnx.ml"])
    names = node("LabelEncoder", ["class"], ["label"], domain="ai.onnx.ml", keys_int64s=[0, 1, 2], values_strings=["x", "y", "z"])
    write("strings-out", [node("MatMul", ["x", "W"], ["y"]), node("ArgMax", ["y"], ["class"], axis=1, keepdims=0), names],
          X, [tensor("label", TensorProto.STRING, ["N"])], [constant("W", weights(4, 3))], ["ai.onnx.ml"])


def mixed_rows():
    """A model that quantises with a scale of the whole batch; ids 0 and 1 are padding and unknown, and say nothing."""
    table = weights(200, 16)
    table[:2], table[2:100], table[100:] = 0, table[2:100] * 0.02, table[100:] * 6
    head = weights(16, 3, 4)
    scale = np.abs(head).max() / 127
    nodes = [
        node("Gather", ["E", "ids"], ["e"]),
        node("ReduceMean", ["e"], ["p"], axes=[1], keepdims=0),
        node("DynamicQuantizeLinear", ["p"], ["q", "qs", "qz"]),
        node("MatMulInteger", ["q", "H", "qz", "hz"], ["i"]),
        node("Cast", ["i"], ["f"], to=FLOAT),
        node("Mul", ["qs", "hs"], ["k"]),
        node("Mul", ["f", "k"], ["y"]),
    ]
    values = [constant("E", table), constant("H", np.round(head / scale), np.int8), constant("hz", 0, np.int8), constant("hs", scale)]
    write("quantised-by-batch", nodes, [tensor("ids", INT64, ["N", 6])], [tensor("y", FLOAT, ["N", 3])], values)


def costs():
    """A model that costs much more than others."""
    layers = [node("MatMul", ["x", "first"], ["h0"])]
    for i in range(24):
        layers += [node("MatMul", [f"h{i}", "W"], [f"m{i}"]), node("Tanh", [f"m{i}"], [f"h{i + 1}"])]
    layers.append(node("MatMul", ["h24", "last"], ["y"]))
    values = [constant("first", weights(4, 96)), constant("W", weights(96, 96) / 10), constant("last", weights(96, 3))]
    write("dear", layers, [tensor("x", FLOAT, ["N", 4])], [tensor("y", FLOAT, ["N", 3])], values)



if __name__ == "__main__":
    (HERE / "converted").mkdir(parents=True, exist_ok=True)
    failing_rows()
    ragged()
    label_values()
    shapes()
    categories()
    constants()
    strings()
    mixed_rows()
    converted()
    costs()
