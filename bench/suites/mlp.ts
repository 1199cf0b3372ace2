import { batchContest, contestNotes, rowsPerSecond, timeOfFloor } from "../lib/batch-contest.js";
import type { Suite } from "../lib/suite.js";
import { modelFiles } from "../models/files.js";
import { mlp as buildMlp } from "../models/mlp.js";
import { Random } from "../models/random.js";

const batchRows = 256;

export const mlp: Suite = {
  name: "mlp",
  question: `An ensemble of five 784-256-256-10 perceptrons, runBatch of ${batchRows} rows: how many rows per second?`,
  targets: [
    { ratio: rowsPerSecond, atLeast: 1.8 },
    { ratio: timeOfFloor, atMost: 1.08 },
  ],
  notes: [
    ...contestNotes,
    "The targets are for one batch at a time: its time against the floor's for the same rows, and against a rival that " +
      "also gets one batch at a time.",
    "Generated models with random weights (bench/models), on random rows.",
  ],
  run(smoke) {
    const spec = { tiers: [{ name: "mlp", members: modelFiles("mlp", buildMlp, 5) }] };
    return batchContest(spec, new Random(0).floats(batchRows * 784, 1), smoke);
  },
};
