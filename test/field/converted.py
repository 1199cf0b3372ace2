"""Makes test/field/converted: `python3 test/field/converted.py`, with scikit-learn, skl2onnx, xgboost, lightgbm and
onnxmltools. Classifiers as people convert them, and what Python's ONNX Runtime says of 150 rows, in expected.json."""

import json
import warnings
from pathlib import Path

import lightgbm
import numpy as np
import onnxruntime
import skl2onnx
import xgboost
from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType
from sklearn.datasets import make_classification
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression, Perceptron, RidgeClassifier, SGDClassifier
from sklearn.naive_bayes import BernoulliNB, GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

HERE = Path(__file__).parent / "converted"
FEATURES, ROWS = 4, 150
warnings.filterwarnings("ignore")


def data(classes):
    x, y = make_classification(
        n_samples=400, n_features=FEATURES, n_informative=3, n_redundant=0, n_classes=classes, random_state=classes
    )
    return x.astype(np.float32), y


def sklearn_model(model, x):
    opset = {"": 17, "ai.onnx.ml": 3}
    try:
        return skl2onnx.to_onnx(model, x[:1], options={"zipmap": False}, target_opset=opset).SerializeToString()
    except NameError:  # Those that have no zipmap refuse the option.
        return skl2onnx.to_onnx(model, x[:1], target_opset=opset).SerializeToString()


def xgboost_model(model, _):
    types = [("X", FloatTensorType([None, FEATURES]))]
    return convert_xgboost(model, initial_types=types, target_opset=15).SerializeToString()


def lightgbm_model(model, _):
    types = [("X", FloatTensorType([None, FEATURES]))]
    return convert_lightgbm(model, initial_types=types, target_opset=15, zipmap=False).SerializeToString()


def forests(n):
    return dict(n_estimators=n, max_depth=3, random_state=0)


# Name, converter, model, the values of its labels.
CASES = [
    ("logistic-2", sklearn_model, LogisticRegression(), [0, 1]),
    ("logistic-3", sklearn_model, LogisticRegression(), [0, 1, 2]),
    ("logistic-from-1", sklearn_model, LogisticRegression(), [1, 2, 3]),
    ("logistic-signs", sklearn_model, LogisticRegression(), [-1, 1]),
    ("scaled-logistic-3", sklearn_model, make_pipeline(StandardScaler(), LogisticRegression()), [0, 1, 2]),
    ("sgd-log-3", sklearn_model, SGDClassifier(loss="log_loss", random_state=0), [0, 1, 2]),
    ("ridge-3", sklearn_model, RidgeClassifier(), [1, 2, 3]),
    ("perceptron-3", sklearn_model, Perceptron(), [10, 20, 30]),
    ("svc-2", sklearn_model, SVC(probability=True, random_state=0), [-1, 1]),
    ("svc-3", sklearn_model, SVC(probability=True, random_state=0), [0, 1, 2]),
    ("linear-svc-3", sklearn_model, LinearSVC(random_state=0), [1, 2, 3]),
    ("tree-2", sklearn_model, DecisionTreeClassifier(max_depth=4, random_state=0), [0, 1]),
    ("tree-ids", sklearn_model, DecisionTreeClassifier(max_depth=4, random_state=0), [7, 99, 100000]),
    ("forest-2", sklearn_model, RandomForestClassifier(**forests(8)), [-1, 1]),
    ("forest-3", sklearn_model, RandomForestClassifier(**forests(8)), [1, 2, 3]),
    ("extra-trees-3", sklearn_model, ExtraTreesClassifier(**forests(8)), [0, 1, 2]),
    ("gradient-boosting-2", sklearn_model, GradientBoostingClassifier(**forests(8)), [0, 1]),
    ("gradient-boosting-3", sklearn_model, GradientBoostingClassifier(**forests(8)), [1, 2, 3]),
    ("ada-boost-3", sklearn_model, AdaBoostClassifier(n_estimators=8, random_state=0), [0, 1, 2]),
    ("bagging-3", sklearn_model, BaggingClassifier(DecisionTreeClassifier(max_depth=3), random_state=0), [0, 1, 2]),
    ("voting-3", sklearn_model, VotingClassifier([("a", LogisticRegression()), ("b", GaussianNB())], voting="soft", flatten_transform=False), [0, 1, 2]),
    ("mlp-2", sklearn_model, MLPClassifier((8,), max_iter=200, random_state=0), [0, 1]),
    ("mlp-3", sklearn_model, MLPClassifier((8,), max_iter=200, random_state=0), [1, 2, 3]),
    ("gaussian-nb-3", sklearn_model, GaussianNB(), [0, 1, 2]),
    ("bernoulli-nb-2", sklearn_model, BernoulliNB(), [-1, 1]),
    ("neighbours-3", sklearn_model, KNeighborsClassifier(5), [1, 2, 3]),
    ("linear-discriminant-3", sklearn_model, LinearDiscriminantAnalysis(), [0, 1, 2]),
    ("quadratic-discriminant-3", sklearn_model, QuadraticDiscriminantAnalysis(), [0, 1, 2]),
    ("xgboost-2", xgboost_model, xgboost.XGBClassifier(n_estimators=8, max_depth=3), [0, 1]),
    ("xgboost-3", xgboost_model, xgboost.XGBClassifier(n_estimators=8, max_depth=3), [0, 1, 2]),
    ("lightgbm-2", lightgbm_model, lightgbm.LGBMClassifier(n_estimators=8, num_leaves=6, verbose=-1), [0, 1]),
    ("lightgbm-3", lightgbm_model, lightgbm.LGBMClassifier(n_estimators=8, num_leaves=6, verbose=-1), [0, 1, 2]),
    ("lightgbm-from-1", lightgbm_model, lightgbm.LGBMClassifier(n_estimators=8, num_leaves=6, verbose=-1), [1, 2, 3]),
]


def main():
    HERE.mkdir(exist_ok=True)
    rows = np.random.default_rng(7).normal(size=(ROWS, FEATURES)).astype(np.float32)
    expected = {}
    for name, convert, model, values in CASES:
        x, y = data(len(values))
        model.fit(x, np.asarray(values)[y])
        onnx = convert(model, x)
        (HERE / f"{name}.onnx").write_bytes(onnx)
        session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
        outputs = {o.name: o for o in session.get_outputs()}
        label, scores = session.run(None, {session.get_inputs()[0].name: rows})[:2]
        names = list(outputs)
        scores = np.asarray(scores, np.float64)
        probabilities = bool(scores.min() >= 0 and np.allclose(scores.sum(axis=1), 1, atol=1e-3))
        expected[name] = {
            "values": values,
            # ONNX Runtime refuses room for labels of another shape than the declared one, as LightGBM's [1].
            "label": names[0] if outputs[names[0]].shape == [None] else None,
            "scores": names[1],
            "width": int(scores.shape[1]) if scores.ndim > 1 else 1,
            "probabilities": probabilities,
            "labels": "".join(str(values.index(int(v))) for v in np.asarray(label).reshape(-1)),
            # The largest score of each row in 1/10,000; [] where a model gives one score for two classes.
            "tops": [round(float(v) * 10000) for v in scores.max(axis=1)] if probabilities else [],
        }
        print(name, len(onnx), names, scores.shape, [o.shape for o in outputs.values()], probabilities)
    text = {"rows": [float(f"{v:.9g}") for v in rows.reshape(-1)], "models": expected}
    (HERE / "expected.json").write_text(json.dumps(text, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
