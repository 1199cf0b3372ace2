/** The same rows again and again as one batch: quorate, its rivals in JavaScript, and the floor in C++. */
import type { CascadeSpec } from "./cascade-spec.js";
import { checkContenders, openContenders } from "./contenders.js";
import { floorOf, tiersOf } from "./digits-floor.js";
import { type Contestant, callersInFlight, throughput } from "./measure.js";
import { best, figure, type Metrics, type Trial } from "./suite.js";

/** Which shards keep the threads evenly busy depends on the models, so the floor is the best of these. */
const shards = [32, 64, 128];

/** For the notes of a suite. */
export const contestNotes = [
  "One batch at a time: the next starts when the answer of the last is there. Two in flight: the next batch is already " +
    "queued, so nothing waits for JavaScript; the rival that can use it is the pool.",
  "JS: the sessions of onnxruntime-node, votes and mean scores in JavaScript. Worker pool: one worker per core with its " +
    "own copy of the models; the batch is cut into a piece for each.",
  `C++ floor: the same sessions, every core pulling (member, shard) tasks, nothing else: no reduction, no labels. The ` +
    `best of shards of ${shards.join(", ")} rows counts. Tiers get as many rows as quorate's counters say.`,
];

export const rowsPerSecond = "rows/s: quorate / best JS";
export const timeOfFloor = "time: quorate / C++ floor";

/** @param rows row-major, for the first tier */
export async function batchContest(spec: CascadeSpec, rows: Float32Array, smoke: boolean): Promise<Trial> {
  const contenders = await openContenders(spec);
  await checkContenders(contenders, rows);
  const { cascade, one, many, pool } = contenders;
  const count = rows.length / one.rowSize;
  const tiers = await tiersOf(cascade, rows, spec);
  // Some passes per call: the way to the floor's threads and back is not the floor's.
  const passes = Math.ceil(1024 / count);
  const floors = shards.map((batchRows) =>
    floorOf(`C++ floor, shards of ${batchRows} rows`, tiers, { batchRows, passes }),
  );
  const batch = (name: string, run: () => Promise<unknown>): Contestant => ({
    name,
    work: () => run().then(() => count),
  });
  const twoInFlight = (name: string, run: () => Promise<unknown>): Contestant => ({
    name: `two in flight: ${name}`,
    work: async (until) => (await callersInFlight(run, 2, until)) * count,
  });
  const figures = await throughput(
    [
      batch("quorate", () => cascade.runBatch(rows)),
      twoInFlight("quorate", () => cascade.runBatch(rows)),
      ...floors,
      batch("JS, intra_op 1", () => one.run(rows)),
      batch("JS, default threads", () => many.run(rows)),
      batch("JS, worker pool", () => pool.runLarge(rows)),
      twoInFlight("JS, worker pool", () => pool.runLarge(rows)),
    ],
    smoke ? 10 : 150,
    smoke ? 1 : 3,
  );
  for (const floor of floors) floor.close();
  await contenders.close();
  return { figures, ratios: ratiosOf(figures) };
}

function ratiosOf(figures: Record<string, Metrics>): Record<string, number> {
  const rate = "rows/s";
  const cpu = "CPU-s per 1e6 rows";
  const floor = best(figures, "C++ floor", rate, "high");
  const bestJs = best(figures, "JS", rate, "high");
  return {
    [rowsPerSecond]: figure(figures, "quorate", rate) / bestJs,
    [timeOfFloor]: floor / figure(figures, "quorate", rate),
    "two in flight, rows/s: quorate / best JS":
      figure(figures, "two in flight: quorate", rate) /
      Math.max(bestJs, best(figures, "two in flight: JS", rate, "high")),
    "two in flight, time: quorate / C++ floor": floor / figure(figures, "two in flight: quorate", rate),
    "CPU per row: best JS / quorate": best(figures, "JS", cpu, "low") / figure(figures, "quorate", cpu),
    "CPU per row: quorate / C++ floor": figure(figures, "quorate", cpu) / best(figures, "C++ floor", cpu, "low"),
  };
}
