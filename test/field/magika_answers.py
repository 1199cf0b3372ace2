"""Prints magika's model, 40 files of a folder as its input, and what ONNX Runtime answers, as JSON."""

import json
import sys
from pathlib import Path

import magika
import numpy as np
import onnxruntime

package = Path(magika.__file__).parent / "models"
model = sorted(package.glob("*/model.onnx"))[0]
config = json.loads((model.parent / "config.min.json").read_text())
begin, end, padding = config["beg_size"], config["end_size"], config["padding_token"]


def features(data):
    first = data[: config["block_size"]].lstrip()[:begin]
    last = data[-config["block_size"] :].rstrip()[-end:]
    head = list(first) + [padding] * (begin - len(first))
    return head + [padding] * (end - len(last)) + list(last)


folder = Path(sys.argv[1])
kinds = ("docs/*.md", "src/*/*.ts", "native/*/*.cc", "native/*/*.h", "scripts/*.mjs", "*.json", "test/field/models/*.onnx")
per_kind = [sorted(folder.glob(kind)) for kind in kinds]
files = [files[i] for i in range(40) for files in per_kind if i < len(files)][:40]
rows = np.array([features(file.read_bytes()) for file in files], np.int32)
session = onnxruntime.InferenceSession(str(model))
# One by one: what a file is may not depend on the others.
scores = np.concatenate([session.run(None, {session.get_inputs()[0].name: row[None]})[0] for row in rows])
answer = {
    "model": str(model),
    "files": [str(file.relative_to(folder)) for file in files],
    "rows": rows.tolist(),
    "labels": scores.argmax(axis=1).tolist(),
    "scores": scores.max(axis=1).tolist(),
}
print(json.dumps(answer))
