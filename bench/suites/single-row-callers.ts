import { type Contenders, checkContenders, openContenders } from "../lib/contenders.js";
import { digitRows, rowAt } from "../lib/digits.js";
import { fastestFloor, tiersOf } from "../lib/digits-floor.js";
import { type Contestant, callersInFlight, throughput } from "../lib/measure.js";
import { MicroBatcher } from "../lib/micro-batcher.js";
import { best, figure, type Metrics, type Suite } from "../lib/suite.js";

const counts = [1, 16, 256, 4096];
const checkedRows = 597;
const floorRows = 8192;
/** Of a batch: the same as quorate's default. */
const maxRows = 256;
const perRow = "CPU-s per 1e6 rows";

export const singleRowCallers: Suite = {
  name: "single-row-callers",
  question: `${counts.join(", ")} callers, each with one row of the digits cascade in flight: how many rows per second?`,
  targets: [
    { ratio: "256 callers, rows/s: quorate / best JS", atLeast: 8 },
    { ratio: "256 callers, rows/s: quorate / C++ floor", atLeast: 0.6 },
  ],
  notes: [
    "JS per request: `session.run` of every member for every single row. JS micro-batch: the rows of one tick form a " +
      "batch of at most 256; pool: as many batches at a time as there are cores, each in a worker with its own copy " +
      "of the models. With one caller there is nothing to batch; with 4,096 the rivals with default threads, slowest " +
      "by far before, are left out.",
    "Callers and engine share the cores: the JavaScript of the callers is part of every figure.",
    `C++ floor: the sessions alone, ${floorRows} rows in the first tier and in the others as many as quorate's counters ` +
      "say, on one thread per core, in batches of as many rows as there are callers (at most 256), half or a quarter " +
      "of it, whichever is fastest; with one caller: one row after the other on one thread. Its CPU includes threads " +
      "that spin until a tier has ended.",
  ],
  async run(smoke) {
    const rows = digitRows(checkedRows);
    const contenders = await openContenders();
    await checkContenders(contenders, rows);
    const tiers = await tiersOf(contenders.cascade, digitRows(floorRows));

    const figures: Record<string, Metrics> = {};
    const ratios: Record<string, number> = {};
    for (const callers of counts) {
      const sizes = [1, 1 / 2, 1 / 4].map((part) => Math.ceil(part * Math.min(callers, maxRows)));
      const floor = await fastestFloor(tiers, sizes, callers === 1 ? 1 : 0);
      const contestants = [...contestantsOf(contenders, rows, callers), floor];
      const measured = await throughput(contestants, smoke ? 15 : 120, smoke ? 1 : 3);
      floor.close();
      for (const [name, metrics] of Object.entries(measured)) figures[`${callers} callers: ${name}`] = metrics;
      const rate = figure(measured, "quorate", "rows/s");
      const named = {
        "rows/s: quorate / best JS": rate / best(measured, "JS", "rows/s", "high"),
        "rows/s: quorate / best JS per request": rate / best(measured, "JS per request", "rows/s", "high"),
        "rows/s: quorate / C++ floor": rate / figure(measured, "C++ floor", "rows/s"),
        "CPU per row: best JS / quorate": best(measured, "JS", perRow, "low") / figure(measured, "quorate", perRow),
      };
      for (const [name, ratio] of Object.entries(named)) ratios[`${callers} callers, ${name}`] = ratio;
    }
    await contenders.close();
    return { figures, ratios };
  },
};

function contestantsOf({ cascade, one, many, pool }: Contenders, rows: Float32Array, callers: number): Contestant[] {
  const inFlight = (name: string, run: (row: Float32Array) => Promise<unknown>): Contestant => ({
    name,
    work: (until) => callersInFlight((i) => run(rowAt(rows, i)), callers, until),
  });
  const batched = (name: string, run: (rows: Float32Array) => Promise<Int32Array>, batches: number): Contestant => {
    const batcher = new MicroBatcher(run, batches, Math.min(maxRows, Math.ceil(callers / batches)));
    return inFlight(name, (row) => batcher.run(row));
  };
  const alone = callers === 1;
  const manySlow = callers > 256;
  return [
    inFlight("quorate", (row) => cascade.run(row)),
    inFlight("JS per request, intra_op 1", (row) => one.run(row)),
    ...(manySlow ? [] : [inFlight("JS per request, default threads", (row) => many.run(row))]),
    ...(alone ? [] : [batched("JS micro-batch, intra_op 1", (batch) => one.run(batch), 1)]),
    ...(alone || manySlow ? [] : [batched("JS micro-batch, default threads", (batch) => many.run(batch), 1)]),
    ...(alone ? [] : [batched("JS micro-batch, worker pool", (batch) => pool.run(batch), pool.size)]),
  ];
}
