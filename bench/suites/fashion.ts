import { batchContest, contestNotes } from "../lib/batch-contest.js";
import { fashionIsThere, fashionRows, fashionSpec } from "../lib/fashion.js";
import type { Suite } from "../lib/suite.js";

const batchRows = 1024;

export const fashion: Suite = {
  name: "fashion",
  question: `A cascade of trained conv nets on Fashion-MNIST, runBatch of ${batchRows} test rows: how many rows per second?`,
  targets: [],
  notes: [
    ...contestNotes,
    "Tiers: four tiny nets of 7,290 to 13,726 parameters, three small ones of 58,634 to 74,186, a large one of " +
      "1,082,650. A row leaves when all members agree with a mean score of at least 0.8.",
  ],
  async run(smoke) {
    if (fashionIsThere()) return batchContest(fashionSpec(), fashionRows(batchRows), smoke);
    return { figures: {}, ratios: {}, notes: ["Left out: `../shared/zoo/fashion-mnist` is not there."] };
  },
};
