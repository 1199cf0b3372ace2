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

async function outputsOf(name: string, member: Omit<ModelMember, "model">, classes: number) {
  const cascade = await Cascade.fromSpec({
    classes,
    tiers: [{ name: "t", members: [{ ...member, model: `${folder}${name}.onnx` }] }],
  });
  const batch = await cascade.runBatch({ x }, { detail: "outputs" });
  const { warnings } = await cascade.explain();
  await cascade.close();
  return { batch, warnings, output: batch.outputs?.[0]?.[0] };
}

describe.each(Object.entries(answers.models))("%s", (name, expected) => {
  const classes = Number(name.at(-1));

  it(`gives ${count} labels equal to Python's`, async () => {
    const { batch, warnings } = await outputsOf(name, { output: "label", outputName: expected.label }, classes);
    expect([...batch.label].join("")).toBe(expected.labels);
    expect(warnings).toEqual([]);
  });

  it(`gives ${count} rows of scores equal to Python's`, async () => {
    const { output, warnings } = await outputsOf(name, { outputName: expected.scores }, classes);
    expect(output).toHaveLength(expected.values.length);
    for (const [i, value] of expected.values.entries()) expect(output?.[i]).toBeCloseTo(value, 5);
    expect(warnings.filter((warning) => !warning.includes("looks like probabilities"))).toEqual([]);
  });
});
