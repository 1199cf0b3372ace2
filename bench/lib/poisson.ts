/**
 * Open-loop load, as in MLPerf's Server scenario: calls start on a schedule of their own, whether or not earlier ones
 * have been answered, and latency counts from the scheduled time. A server that falls behind cannot slow its clients.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { Random } from "../models/random.js";
import { quantile } from "./statistics.js";

export interface Load {
  readonly perSecond: number;
  readonly ms: number;
  /** Bound on the 99th percentile of latency. */
  readonly boundMs: number;
}

export interface LoadFigures {
  readonly samples: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** At least 99 % were answered within the bound. */
  readonly isWithin: boolean;
}

/** Offers the load and waits for the answers; stops early once too many were late or failed. */
export async function offer(call: (i: number) => Promise<unknown>, load: Load): Promise<LoadFigures> {
  const due = schedule(load);
  const allowed = due.length / 100;
  const latencies: number[] = [];
  let late = 0;
  const settled = (dueAt: number, failed: boolean): void => {
    const latency = performance.now() - dueAt;
    latencies.push(latency);
    if (failed || latency > load.boundMs) late++;
  };
  const calls: Promise<void>[] = [];
  const start = performance.now();
  while (calls.length < due.length && late <= allowed) {
    const now = performance.now() - start;
    for (let at = due[calls.length]; at !== undefined && at <= now; at = due[calls.length]) {
      const dueAt = start + at;
      calls.push(
        call(calls.length).then(
          () => settled(dueAt, false),
          () => settled(dueAt, true),
        ),
      );
    }
    // Node's timers do not wait for less than a millisecond.
    if ((due[calls.length] ?? 0) > performance.now() - start) await sleep(1);
    else await nextTurn();
  }
  await Promise.all(calls);
  const p99Ms = quantile(latencies, 0.99);
  return { samples: latencies.length, p50Ms: quantile(latencies, 0.5), p99Ms, isWithin: late <= allowed };
}

/** Milliseconds from the start, with exponential gaps: the same for every contestant at the same rate. */
function schedule({ perSecond, ms }: Load): Float64Array {
  const mean = 1000 / perSecond;
  const draws = new Random(1).floats(Math.round(ms / mean), 1);
  let at = 0;
  return Float64Array.from(draws, (draw) => {
    at -= mean * Math.log(Math.max((draw + 1) / 2, 1e-9));
    return at;
  });
}

/**
 * The highest rate within the bound, by doubling and then bisection to 5 %; 0 when there is none. A rate fails when
 * three runs in a row do: a stall of the machine is not the server's.
 */
export async function highestRate(
  call: (i: number) => Promise<unknown>,
  options: Omit<Load, "perSecond"> & { readonly from: number },
): Promise<{ readonly perSecond: number; readonly figures?: LoadFigures }> {
  const { from, ...load } = options;
  const attempt = async (perSecond: number): Promise<LoadFigures> => {
    let figures = await offer(call, { ...load, perSecond });
    for (let more = 2; more > 0 && !figures.isWithin; more--) figures = await offer(call, { ...load, perSecond });
    return figures;
  };
  let kept: { perSecond: number; figures?: LoadFigures } = { perSecond: 0 };
  let failed = Number.POSITIVE_INFINITY;
  let perSecond = from;
  while (failed / kept.perSecond > 1.05 && perSecond > from / 100) {
    const figures = await attempt(perSecond);
    if (figures.isWithin) kept = { perSecond, figures };
    else failed = perSecond;
    if (failed === Number.POSITIVE_INFINITY) perSecond *= 2;
    else perSecond = kept.perSecond === 0 ? perSecond / 2 : Math.sqrt(kept.perSecond * failed);
  }
  return kept;
}
