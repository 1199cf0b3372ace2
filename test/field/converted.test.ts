/** Classifiers as scikit-learn's, XGBoost's and LightGBM's converters write them, against Python's ONNX Runtime. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type BatchAnswer, Cascade, type Member } from "../../src/index.js";

const pathOf = (name: string): string => fileURLToPath(new URL(`converted/${name}`, import.meta.url));

interface Expected {
  /** What the label output says for class 0, 1, ... */
  readonly values: readonly number[];
  /** Names of the outputs, null for labels of a wrongly declared shape, and how many scores a row has. */
  readonly label: string | null;
  readonly scores: string;
  readonly width: number;
  readonly probabilities: boolean;
  /** A digit per row: its class. */
  readonly labels: string;
  /** Largest probability of each row, in 1/10,000. */
  readonly tops: readonly number[];
}

const { rows, models } = JSON.parse(readFileSync(pathOf("expected.json"), "utf8")) as {
  readonly rows: readonly number[];
  readonly models: Readonly<Record<string, Expected>>;
};

async function answersOf(member: Member, classes: number): Promise<BatchAnswer> {
  await using cascade = await Cascade.fromSpec({ classes, tiers: [{ name: "t", members: [member] }] });
  return await cascade.runBatch(Float32Array.from(rows));
}

const classesOf = (answer: BatchAnswer): string => Array.from(answer.label).join("");

describe.each(Object.entries(models))("%s", (name, expected) => {
  const { values, label, scores, width, probabilities, labels, tops } = expected;
  const model = pathOf(`${name}.onnx`);

  it.runIf(label !== null)("gives the labels that Python gives", async () => {
    const member = { model, outputName: label ?? "", labels: values };
    expect(classesOf(await answersOf(member, values.length))).toBe(labels);
  });

  it.runIf(probabilities && width > 1)("gives the probabilities that Python gives", async () => {
    const answer = await answersOf({ model, outputName: scores, output: "probabilities" }, values.length);
    const differences = tops.map((top, i) => Math.abs((answer.confidence[i] ?? Number.NaN) - top / 10_000));
    expect(Math.max(...differences)).toBeLessThan(1e-4);
  });
});

it("are 30 classifiers or more, with 150 rows each", () => {
  expect(Object.keys(models).length).toBeGreaterThanOrEqual(30);
  expect(rows).toHaveLength(150 * 4);
});
