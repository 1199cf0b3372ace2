import { availableParallelism } from "node:os";
import { type Contenders, checkContenders, openContenders } from "../lib/contenders.js";
import { digitRows } from "../lib/digits.js";
import { fastestFloor, tiersOf } from "../lib/digits-floor.js";
import { type Contestant, throughput } from "../lib/measure.js";
import { best, figure, type Metrics, type Suite } from "../lib/suite.js";

const sizes = [1, 16, 256, 4096, 65_536];
const perRow = "CPU-s per 1e6 rows";

export const batch: Suite = {
  name: "batch",
  question: "One runBatch at a time on the digits cascade, 1 to 65,536 rows: how many rows per second?",
  targets: [],
  notes: [
    "The JS rivals run their sessions on 256 rows at a time, as quorate does by default; the pool cuts a batch into " +
      "pieces for its workers. Default threads, slowest by far at 256 rows, are left out above.",
    "C++ floor: the sessions alone on one thread per core, with the rows per tier that quorate's counters say, in " +
      "batches of 256, 128 or 64 rows or one per core, whichever is fastest. Its CPU includes threads that spin until " +
      "a tier has ended.",
    "The first rows of the set are what a small call repeats: with 1 and 16 rows other tiers are reached than on " +
      "average.",
    "65,536 rows at a time is also MLPerf's Offline scenario: all rows are there from the start, and rows/s counts.",
    "There is no target for this cascade; the target for batches is that of suite `mlp`.",
  ],
  async run(smoke) {
    const contenders = await openContenders();
    const figures: Record<string, Metrics> = {};
    const ratios: Record<string, number> = {};
    for (const size of smoke ? sizes.slice(0, -1) : sizes) {
      const rows = digitRows(size);
      await checkContenders(contenders, rows);
      const shards = [256, 128, 64, Math.ceil(size / availableParallelism())].map((shard) => Math.min(shard, size));
      const floor = await fastestFloor(await tiersOf(contenders.cascade, rows), shards, 0);
      const contestants = [...contestantsOf(contenders, rows, size), floor];
      const measured = await throughput(contestants, smoke ? 15 : 120, smoke ? 1 : size < 65_536 ? 3 : 2);
      floor.close();
      for (const [name, metrics] of Object.entries(measured)) figures[`${size} rows: ${name}`] = metrics;
      const rate = figure(measured, "quorate", "rows/s");
      ratios[`${size} rows, rows/s: quorate / best JS`] = rate / best(measured, "JS", "rows/s", "high");
      ratios[`${size} rows, rows/s: quorate / C++ floor`] = rate / figure(measured, "C++ floor", "rows/s");
      ratios[`${size} rows, CPU per row: best JS / quorate`] =
        best(measured, "JS", perRow, "low") / figure(measured, "quorate", perRow);
    }
    await contenders.close();
    return { figures, ratios };
  },
};

function contestantsOf({ cascade, one, many, pool }: Contenders, rows: Float32Array, size: number): Contestant[] {
  const named = (name: string, run: () => Promise<unknown>): Contestant => ({
    name,
    work: async () => {
      await run();
      return size;
    },
  });
  return [
    named("quorate", () => cascade.runBatch(rows)),
    named("JS, intra_op 1", () => one.run(rows)),
    ...(size > 256 ? [] : [named("JS, default threads", () => many.run(rows))]),
    named("JS, worker pool", () => pool.runLarge(rows)),
  ];
}
