import { batchContest, contestNotes } from "../lib/batch-contest.js";
import type { Metrics, Suite } from "../lib/suite.js";
import { convNet } from "../models/conv-net.js";
import { modelFiles } from "../models/files.js";
import { Random } from "../models/random.js";
import { transformer } from "../models/transformer.js";

const batchRows = 256;
const kinds = [
  { name: "conv net", build: convNet, rowSize: 28 * 28 },
  { name: "transformer", build: transformer, rowSize: 32 * 64 },
];

export const models: Suite = {
  name: "models",
  question: `Ensembles of three conv nets and of three transformers, runBatch of ${batchRows} rows: how many rows per second?`,
  targets: [],
  notes: [
    ...contestNotes,
    "Generated models with random weights (bench/models), on random rows. Conv net: 28x28 images, 16, 32 and 64 " +
      "channels. Transformer: 32 tokens of 64 features, two layers of two heads.",
  ],
  async run(smoke) {
    const figures: Record<string, Metrics> = {};
    const ratios: Record<string, number> = {};
    for (const { name, build, rowSize } of kinds) {
      const members = modelFiles(name.replace(" ", "-"), build, 3);
      const rows = new Random(0).floats(batchRows * rowSize, 1);
      const trial = await batchContest({ tiers: [{ name, members }] }, rows, smoke);
      for (const [contestant, metrics] of Object.entries(trial.figures)) figures[`${name}: ${contestant}`] = metrics;
      for (const [ratio, value] of Object.entries(trial.ratios)) ratios[`${name}, ${ratio}`] = value;
    }
    return { figures, ratios };
  },
};
