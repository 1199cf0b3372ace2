import { digitRows, digitsSpec } from "../lib/digits.js";
import { JsCascade } from "../lib/js-cascade.js";
import { throughput } from "../lib/measure.js";
import { quorate } from "../lib/quorate.js";
import { checkSameLabels } from "../lib/same-labels.js";
import { best, figure, type Metrics, type Suite } from "../lib/suite.js";
import { WorkerPool } from "../lib/worker-pool.js";

const sizes = [256, 4096, 65_536];

export const batch: Suite = {
  name: "batch",
  question: "One runBatch at a time on the digits cascade, 256 to 65,536 rows: how many rows per second?",
  targets: [],
  notes: [
    "The JS rivals run their sessions on 256 rows at a time, as quorate does by default; the pool cuts a batch into " +
      "pieces for its workers.",
    "Issue 5 has no target for this cascade; its batch target is for 5 members of a 784-256-256-10 MLP, not there.",
  ],
  async run(smoke) {
    const spec = digitsSpec();
    const cascade = await quorate.Cascade.fromSpec(spec);
    const one = await JsCascade.open(spec, "one");
    const many = await JsCascade.open(spec, "default");
    const pool = await WorkerPool.open();
    const figures: Record<string, Metrics> = {};
    const ratios: Record<string, number> = {};
    for (const size of smoke ? sizes.slice(0, 2) : sizes) {
      const rows = digitRows(size);
      const expected = (await cascade.runBatch(rows)).labels;
      if (size < 65_536) {
        checkSameLabels("JS", await one.run(rows), expected);
        checkSameLabels("JS pool", await pool.runLarge(rows), expected);
      }
      const named = (name: string, run: () => Promise<unknown>) => ({
        name,
        work: async () => {
          await run();
          return size;
        },
      });
      const measured = await throughput(
        [
          named("quorate", () => cascade.runBatch(rows)),
          named("JS, intra_op 1", () => one.run(rows)),
          // Slower on small models by far: at the largest size it would only cost time.
          ...(size < 65_536 ? [named("JS, default threads", () => many.run(rows))] : []),
          named("JS, worker pool", () => pool.runLarge(rows)),
        ],
        smoke ? 20 : 150,
        smoke || size >= 65_536 ? 1 : 3,
      );
      const perRow = "CPU-s per 1e6 rows";
      for (const [name, metrics] of Object.entries(measured)) figures[`${size} rows: ${name}`] = metrics;
      ratios[`${size} rows, rows/s: quorate / best JS`] =
        figure(measured, "quorate", "rows/s") / best(measured, "JS", "rows/s", "high");
      ratios[`${size} rows, CPU per row: best JS / quorate`] =
        best(measured, "JS", perRow, "low") / figure(measured, "quorate", perRow);
    }
    await pool.close();
    await cascade.close();
    return { figures, ratios };
  },
};
