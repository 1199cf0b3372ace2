/** Cascades of every kind of model and rule, and rows for them. */
import { join } from "node:path";
import { digitRows } from "../../bench/lib/digits.js";
import { digitsFolder } from "../../bench/lib/root.js";
import { modelFiles } from "../../bench/models/files.js";
import { mlp } from "../../bench/models/mlp.js";
import { Random } from "../../bench/models/random.js";
import { resNet } from "../../bench/models/res-net.js";
import { transformer } from "../../bench/models/transformer.js";
import { type CascadeSpec, quorate, type Rule } from "./package.js";

const { agreementAtLeast, allOf, confidenceAtLeast, entropyAtMost, marginAtLeast, scoreAtLeast, votesAtLeast } =
  quorate;

export interface Case {
  readonly name: string;
  readonly spec: CascadeSpec;
  readonly rows: Float32Array;
  readonly count: number;
}

const digit = (...names: readonly string[]): string[] => names.map((name) => join(digitsFolder, `${name}.onnx`));
const tiny = digit("tiny-a", "tiny-b", "tiny-c");
const small = digit("small-a", "small-b", "small-c");
const digitCount = 597;

/** The bundled cascade: trained models, three tiers. */
export const digits: Case = {
  name: "digits",
  spec: {
    tiers: [
      { name: "tiny", members: tiny, exitWhen: allOf(agreementAtLeast(1), scoreAtLeast(0.8)) },
      { name: "small", members: small, exitWhen: allOf(agreementAtLeast(1), scoreAtLeast(0.7)) },
      { name: "large", members: digit("large") },
    ],
  },
  rows: digitRows(digitCount),
  count: digitCount,
};

/** The same models with evidence that runs over tiers. */
export const cumulative: Case = {
  ...digits,
  name: "digits with cumulative evidence",
  spec: {
    tiers: [
      { name: "tiny", members: tiny, combine: "mean", exitWhen: confidenceAtLeast(0.9) },
      { name: "small", members: small, combine: "mean", evidence: "cumulative", exitWhen: confidenceAtLeast(0.8) },
      { name: "large", members: digit("large"), combine: "mean", evidence: "cumulative" },
    ],
  },
};

export const perceptrons: Case = generated("perceptrons", mlp, [784], 2000, votesAtLeast(2));
export const residualNets: Case = generated("residual nets", resNet, [3, 32 * 32], 120, marginAtLeast(0.3));
export const transformers: Case = generated("transformers", transformer, [32 * 64], 500, entropyAtMost(0.95));

const graphed: Case = {
  ...perceptrons,
  name: "perceptrons with CUDA graphs",
  spec: { tiers: perceptrons.spec.tiers.map((tier) => ({ ...tier, cuda: { graphs: true } })) },
};

export const cases: readonly Case[] = [digits, cumulative, perceptrons, residualNets, transformers, graphed];

/** Three members with random weights, then two others. */
function generated(
  name: string,
  build: (seed: number) => Uint8Array,
  rowShape: readonly number[],
  count: number,
  exitWhen: Rule,
): Case {
  const members = modelFiles(name.replace(" ", "-"), build, 5);
  const tiers = [
    { name: "first", members: members.slice(0, 3), exitWhen },
    { name: "last", members: members.slice(3) },
  ];
  return { name, spec: { tiers }, rows: variedRows(count, rowShape), count };
}

/** Noise, each channel of each row about a mean and of a width of its own: plain noise looks all the same to a net. */
function variedRows(count: number, rowShape: readonly number[]): Float32Array {
  const size = rowShape.at(-1) ?? 1;
  const channels = count * rowShape.slice(0, -1).reduce((product, dim) => product * dim, 1);
  const random = new Random(count);
  const rows = random.floats(channels * size, 1);
  for (let channel = 0; channel < channels; channel++) {
    const [mean = 0, width = 0] = random.floats(2, 2);
    for (let i = channel * size; i < (channel + 1) * size; i++) rows[i] = mean + width * (rows[i] ?? 0);
  }
  return rows;
}
