/**
 * The model of Python's package `magika` 1.0.3, which tells types of files, on 40 files. It has 3.2 MB and is not kept
 * here: QUORATE_MAGIKA_PYTHON, else `python3`, has the package; without it there is nothing to compare.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { Cascade } from "../../src/index.js";

interface Magika {
  readonly model: string;
  readonly files: readonly string[];
  /** [file][2048] bytes, 256 where there are none. */
  readonly rows: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly scores: readonly number[];
}

const script = fileURLToPath(new URL("magika_answers.py", import.meta.url));
const python = process.env["QUORATE_MAGIKA_PYTHON"] ?? "python3";
const { error, status, stdout, stderr } = spawnSync(python, [script], { encoding: "utf8", maxBuffer: 2 ** 26 });

/** Why there is nothing to compare; null: there is, or something is wrong. */
function whyNot(): string | null {
  if (error !== undefined && "code" in error && error.code === "ENOENT") return `there is no ${python}`;
  return /^ModuleNotFoundError: .*/m.exec(stderr ?? "")?.[0] ?? null;
}

const reason = whyNot();
if (reason !== null) {
  console.warn(`skipped: QUORATE_MAGIKA_PYTHON names no Python with magika 1.0.3 (${reason}).`);
}

it.skipIf(reason !== null)("magika's model answers 40 files as in Python", async () => {
  expect(error).toBeUndefined();
  expect(status, stderr).toBe(0);
  const python = JSON.parse(stdout) as Magika;
  expect(python.files).toHaveLength(40);
  expect(new Set(python.labels).size).toBeGreaterThanOrEqual(8);
  const cascade = await Cascade.fromSpec({
    tiers: [{ name: "t", members: [{ model: python.model, output: "probabilities" }] }],
  });
  const name = cascade.inputs[0]?.name ?? "";
  const batch = await cascade.runBatch({ [name]: Int32Array.from(python.rows.flat()) });
  expect([...batch.label]).toEqual(python.labels);
  for (const [i, row] of python.rows.entries()) {
    const { label, score } = await cascade.run({ [name]: Int32Array.from(row) });
    expect(label).toBe(python.labels[i]);
    expect(score).toBeCloseTo(python.scores[i] ?? 0, 5);
    // ONNX Runtime's sums of a batch differ a little.
    expect(batch.score[i]).toBeCloseTo(score ?? Number.NaN, 2);
  }
  await cascade.close();
});
