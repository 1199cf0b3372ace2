/** Classifiers as their libraries' converters write them answer as ONNX Runtime does in Python. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Cascade, type ModelMember } from "../../src/index.js";

interface Expected {
  /** The names of the outputs. */
  readonly label: string;
  readonly scores: string;
  /** Of the rows, a digit each. */
  readonly labels: string;
  /** Scores per row. */
  readonly width: number;
  readonly values: readonly number[];
}

const folder = fileURLToPath(new URL("models/converted/", import.meta.url));
const answers = JSON.parse(gunzipSync(readFileSync(`${folder}answers.json.gz`)).toString()) as {
  readonly rows: readonly number[];
  readonly models: Readonly<Record<string, Expected>>;
};
const x = Float32Array.from(answers.rows);
const count = x.length / 4;

async function answersOf(name: string, member: Omit<ModelMember, "model">, classes: number) {
  const cascade = await Cascade.fromSpec({
    classes,
    tiers: [{ name: "t", members: [{ ...member, model: `${folder}${name}.onnx` }] }],
  });
  const batch = await cascade.runBatch({ x });
  const { warnings } = await cascade.explain();
  await cascade.close();
  return { batch, warnings };
}

/** The rows of Python's scores. */
function rowsOf({ values, width }: Expected): number[][] {
  return Array.from({ length: count }, (_, i) => values.slice(i * width, (i + 1) * width));
}

const areProbabilities = (rows: readonly number[][]): boolean =>
  rows.every((row) => row.length > 1 && row.every((p) => p >= 0 && p <= 1) && Math.abs(sum(row) - 1) < 1e-4);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** As docs/semantics.md says: softmax, and the logistic function of a single score. */
function normalised(row: readonly number[]): number[] {
  const logits = row.length === 1 ? [0, row[0] ?? 0] : row;
  const top = Math.max(...logits);
  const powers = logits.map((value) => Math.exp(value - top));
  return powers.map((power) => power / sum(powers));
}

describe.each(Object.entries(answers.models))("%s", (name, expected) => {
  const classes = Number(name.at(-1));

  it(`gives ${count} labels equal to Python's`, async () => {
    const { batch, warnings } = await answersOf(name, { output: "label", outputName: expected.label }, classes);
    expect([...batch.label].join("")).toBe(expected.labels);
    expect(warnings).toEqual([]);
  });

  it(`gives ${count} rows of scores equal to Python's`, async () => {
    const rows = rowsOf(expected);
    const output = areProbabilities(rows) ? "probabilities" : "logits";
    const { batch, warnings } = await answersOf(name, { output, outputName: expected.scores }, classes);
    expect(warnings).toEqual([]);
    for (const [i, row] of rows.entries()) {
      const scores = output === "logits" ? normalised(row) : row;
      const [first = 0, second = 0] = scores.toSorted((a, b) => b - a);
      expect(scores[batch.label[i] ?? -1]).toBeCloseTo(first, 5);
      expect(batch.score[i]).toBeCloseTo(first, 5);
      expect(batch.margin[i]).toBeCloseTo(first - second, 5);
    }
  });
});
