"""Prints magika's model, 40 made-up files as its input, and what ONNX Runtime answers, as JSON."""

import importlib.metadata
import json
import sys
from pathlib import Path

import magika
import numpy as np
import onnxruntime

PINNED = "1.0.3"
if (version := importlib.metadata.version("magika")) != PINNED:
    sys.exit(f"magika {version} is installed, expected {PINNED}")

model = Path(magika.__file__).parent / "models" / "standard_v3_3" / "model.onnx"
config = json.loads((model.parent / "config.min.json").read_text())
begin, end, padding = config["beg_size"], config["end_size"], config["padding_token"]


def features(data):
    first = data[: config["block_size"]].lstrip()[:begin]
    last = data[-config["block_size"] :].rstrip()[-end:]
    head = list(first) + [padding] * (begin - len(first))
    return head + [padding] * (end - len(last)) + list(last)


# What a file begins with, a part that comes again with a number, and what it ends with.
KINDS = {
    "python": ("import sys\n\n\n", "def step_{0}(value):\n    return value * {0} + len(sys.argv)\n\n\n", "print(step_0(1))\n"),
    "c": ("#include <stdio.h>\n\n", "static int step_{0}(int value) {{\n  return value * {0};\n}}\n\n", "int main(void) {{ return step_0(1); }}\n"),
    "html": ("<!DOCTYPE html>\n<html><head><title>A</title></head><body>\n", '<p class="row">Row {0} of <b>this</b></p>\n', "</body></html>\n"),
    "json": ('{{"rows": [\n', '  {{"id": {0}, "name": "row {0}", "tags": ["a", "b"]}},\n', "  null\n]}}\n"),
    "csv": ("id,name,score\n", "{0},row {0},0.{0}\n", ""),
    "markdown": ("# A title\n\n", "## Part {0}\n\n- some *words* of part {0}\n- and [a link](part-{0}.md)\n\n", ""),
    "shell": ("#!/bin/bash\nset -e\n\n", 'if [ -f "file-{0}" ]; then\n  echo "found {0}"\nfi\n', "exit 0\n"),
    "xml": ('<?xml version="1.0" encoding="UTF-8"?>\n<rows>\n', '  <row id="{0}"><name>row {0}</name></row>\n', "</rows>\n"),
    "sql": ("CREATE TABLE rows (id INT PRIMARY KEY, name TEXT);\n", "INSERT INTO rows VALUES ({0}, 'row {0}');\n", "SELECT * FROM rows;\n"),
}
parts = (1, 4, 30, 400)  # The longest has more than the model looks at.
files = {}
for kind, (first, part, last) in KINDS.items():
    for count in parts:
        files[f"{kind} of {count}"] = (first.format() + "".join(map(part.format, range(count))) + last.format()).encode()
for count in parts:
    files[f"noise of {count}"] = np.random.default_rng(count).bytes(64 * count)

rows = np.array([features(data) for data in files.values()], np.int32)
session = onnxruntime.InferenceSession(str(model))
# One by one: what a file is may not depend on the others.
scores = np.concatenate([session.run(None, {session.get_inputs()[0].name: row[None]})[0] for row in rows])
answer = {
    "model": str(model),
    "files": list(files),
    "rows": rows.tolist(),
    "labels": scores.argmax(axis=1).tolist(),
    "scores": scores.max(axis=1).tolist(),
}
print(json.dumps(answer))
