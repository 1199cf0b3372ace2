import { checkContenders, openContenders } from "../lib/contenders.js";
import { digitRows, rowAt } from "../lib/digits.js";
import { MicroBatcher } from "../lib/micro-batcher.js";
import { highestRate } from "../lib/poisson.js";
import { best, figure, type Metrics, type Suite } from "../lib/suite.js";

const boundMs = 10;
const runMs = 500;
const checkedRows = 597;
const rate = `rows/s, p99 <= ${boundMs} ms`;

export const server: Suite = {
  name: "server",
  question: `Single rows of the digits cascade at random times: at how many per second is the p99 latency at most ${boundMs} ms?`,
  targets: [],
  notes: [
    "After MLPerf's Server scenario: Poisson arrivals that wait for nobody, latency from the scheduled time, and the " +
      `highest rate found by doubling and bisection to 5 %. A run is ${runMs} ms, not the minutes MLPerf asks for; a ` +
      "rate fails when three runs in a row do: a stall of the machine, not of the server, makes one fail.",
    "The generator runs on the JavaScript thread of the server, as callers in the same process do, and wakes on 1 ms " +
      "timers: up to 1.1 ms of every latency are its own.",
    "JS micro-batch: the rows of one tick form a batch of at most 256; pool: one batch at a time per worker. Latencies " +
      "are those at the highest rate.",
  ],
  async run(smoke) {
    const rows = digitRows(checkedRows);
    const contenders = await openContenders();
    await checkContenders(contenders, rows);
    const { cascade, one, pool } = contenders;
    const batcher = new MicroBatcher((batch) => one.run(batch), 1, 256);
    const pooled = new MicroBatcher((batch) => pool.run(batch), pool.size, 256);
    const servers: Record<string, (row: Float32Array) => Promise<unknown>> = {
      quorate: (row) => cascade.run(row),
      "JS micro-batch, worker pool": (row) => pooled.run(row),
      "JS micro-batch, intra_op 1": (row) => batcher.run(row),
      "JS per request, intra_op 1": (row) => one.run(row),
    };
    const measured: Record<string, Metrics> = {};
    for (const [name, run] of Object.entries(servers)) {
      const { perSecond, figures } = await highestRate((i) => run(rowAt(rows, i)), {
        from: 1000,
        ms: smoke ? 25 : runMs,
        boundMs,
      });
      measured[name] = { [rate]: perSecond };
      if (figures === undefined) continue;
      const { p50Ms, p99Ms, samples } = figures;
      measured[name] = { [rate]: perSecond, "p50 ms": p50Ms, "p99 ms": p99Ms, samples };
    }
    await contenders.close();
    return {
      figures: measured,
      ratios: {
        [`${rate}: quorate / best JS`]: figure(measured, "quorate", rate) / best(measured, "JS", rate, "high"),
        [`${rate}: quorate / JS per request`]:
          figure(measured, "quorate", rate) / best(measured, "JS per request", rate, "high"),
      },
    };
  },
};
