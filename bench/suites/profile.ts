import { digitRows, digitsSpec, rowAt, rowSize } from "../lib/digits.js";
import { type Contestant, callersInFlight, runSlice } from "../lib/measure.js";
import { type Cascade, type CascadeCounters, quorate, type TierCounters } from "../lib/quorate.js";
import { modelPath } from "../lib/root.js";
import type { Metrics, Suite } from "../lib/suite.js";

const oneModel = { tiers: [{ name: "tiny", members: [modelPath("tiny-a.onnx")] }] };
const bulkRows = 65_536;

export const profile: Suite = {
  name: "profile",
  question: "Where does the time of a row go?",
  targets: [],
  notes: [
    "Means, so that the parts add up. One caller: the time of a `run()` of one row of tiny-a, from the engine's " +
      "counters. Call: within `run()`, until it returns the promise. Queue: until a thread takes the row up, which " +
      "includes waking it and runs beside the end of the call. Rest: waking the JavaScript thread, and the promise.",
    "CPU: the time of all threads of the process per row of the digits cascade, over all tiers. Rest: JavaScript, its " +
      "callers' too, the way across the boundary and wake-ups; the parts are wall time of the threads that do them, so it can " +
      "fall below 0. Sharing: handing rows their answers, which includes settling them.",
    "In the other suites the models run alone too (C++ floor): that is what `models` cannot fall below.",
  ],
  async run(smoke) {
    const calls = smoke ? 100 : 5000;
    const ms = smoke ? 20 : 1000;
    const some = digitRows(512);
    const bulk = digitRows(smoke ? 1024 : bulkRows);
    const figures: Record<string, Metrics> = {};
    // The process's threads spin as long as any cascade ever asked for: first all that must not meet that.
    figures["256 callers, CPU"] = await cpuOfRows(ms, 1, (cascade, until) =>
      callersInFlight((i) => cascade.run(rowAt(some, i)), 256, until),
    );
    figures[`runBatch of ${bulkRows.toLocaleString("en-US")} rows, CPU`] = await cpuOfRows(
      ms,
      bulk.length / rowSize,
      (cascade) => cascade.runBatch(bulk).then(() => 1),
    );
    for (const spinMs of [0, 0.05]) figures[`one caller, spinMs ${spinMs}`] = await timeOfCall(spinMs, some, calls);
    return { figures, ratios: {} };
  },
};

/** In microseconds. */
const inEngine = ({ tiers }: CascadeCounters, pick: (tier: TierCounters) => number): number =>
  tiers.reduce((sum, tier) => sum + pick(tier), 0) * 1000;

/** Of `us` microseconds for `rows` rows, per row. */
function parts(us: number, rows: number, known: Readonly<Record<string, number>>): Metrics {
  const rest = us - Object.values(known).reduce((sum, value) => sum + value, 0);
  return Object.fromEntries(
    Object.entries({ whole: us, ...known, rest }).map(([name, value]) => [`${name} µs`, value / rows]),
  );
}

async function timeOfCall(spinMs: number, rows: Float32Array, calls: number): Promise<Metrics> {
  const cascade = await quorate.Cascade.fromSpec({ ...oneModel, spinMs });
  for (let i = 0; i < calls / 5; i++) await cascade.run(rowAt(rows, i));
  const since = cascade.counters();
  let whole = 0;
  let call = 0;
  for (let i = 0; i < calls; i++) {
    const row = rowAt(rows, i);
    const start = performance.now();
    const answer = cascade.run(row);
    call += performance.now() - start;
    await answer;
    whole += performance.now() - start;
  }
  const counters = cascade.counters({ since });
  await cascade.close();
  return parts(whole * 1000, calls, {
    call: call * 1000,
    queue: inEngine(counters, (tier) => tier.queueMs),
    gather: inEngine(counters, (tier) => tier.gatherMs),
    models: inEngine(counters, (tier) => tier.runMs),
    reduction: inEngine(counters, (tier) => tier.reduceMs),
    sharing: inEngine(counters, (tier) => tier.scatterMs),
  });
}

/** @param rowsPerUnit rows of what `work` counts */
async function cpuOfRows(
  ms: number,
  rowsPerUnit: number,
  work: (cascade: Cascade, until: number) => Promise<number>,
): Promise<Metrics> {
  const cascade = await quorate.Cascade.fromSpec(digitsSpec());
  const contestant: Contestant = { name: "quorate", work: async (until) => (await work(cascade, until)) * rowsPerUnit };
  await runSlice(contestant, ms / 2);
  const since = cascade.counters();
  const { rows, cpuUs } = await runSlice(contestant, ms);
  const counters = cascade.counters({ since });
  await cascade.close();
  return parts(cpuUs, rows, {
    gather: inEngine(counters, (tier) => tier.gatherMs),
    models: inEngine(counters, (tier) => tier.members.reduce((sum, { runMs }) => sum + runMs, 0)),
    reduction: inEngine(counters, (tier) => tier.reduceMs),
    sharing: inEngine(counters, (tier) => tier.scatterMs),
  });
}
