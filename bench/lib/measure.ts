/** Timed loops. Times in milliseconds of `performance.now()`. */
import { setTimeout as sleep } from "node:timers/promises";
import { median, quantile } from "./statistics.js";
import type { Metrics } from "./suite.js";

/** One way to do the work. */
export interface Contestant {
  readonly name: string;
  /** Does some of the work, until `until` if it can choose, and gives the number of rows done. */
  work(until: number): Promise<number>;
}

const settleMs = 20;

/** What was done in a while; CPU time is that of all threads of the process. */
export interface Slice {
  readonly rows: number;
  readonly ms: number;
  readonly cpuUs: number;
}

/**
 * Rows per second and CPU-seconds (all threads of the process) per 1e6 rows. Contestants run one after the other,
 * each warmed right before: taking turns left caches cold and compilers of other workers busy.
 */
export async function throughput(
  contestants: readonly Contestant[],
  turnMs: number,
  turns: number,
): Promise<Record<string, Metrics>> {
  const slices = new Map<string, Slice[]>();
  for (const contestant of contestants) {
    await runSlice(contestant, 2 * turnMs);
    const own: Slice[] = [];
    for (let turn = 0; turn < turns; turn++) own.push(await runSlice(contestant, turnMs));
    slices.set(contestant.name, own);
  }
  return Object.fromEntries(
    contestants.map(({ name }) => {
      const all = slices.get(name) ?? [];
      const total = (pick: (slice: Slice) => number): number => all.reduce((sum, slice) => sum + pick(slice), 0);
      const rows = total((slice) => slice.rows);
      return [
        name,
        {
          "rows/s": median(all.map((slice) => (slice.rows / slice.ms) * 1000)),
          "CPU-s per 1e6 rows": total((slice) => slice.cpuUs) / rows,
        },
      ];
    }),
  );
}

export async function runSlice(contestant: Contestant, ms: number): Promise<Slice> {
  // The threads of the contestant before may still spin.
  await sleep(settleMs);
  const cpu = process.cpuUsage();
  const start = performance.now();
  let rows = 0;
  do rows += await contestant.work(start + ms);
  while (performance.now() - start < ms);
  const spent = process.cpuUsage(cpu);
  return { rows, ms: performance.now() - start, cpuUs: spent.user + spent.system };
}

/** Latency of one call after the other, in microseconds. */
export async function latency(call: () => Promise<unknown>, calls: number, rowsPerCall = 1): Promise<Metrics> {
  for (let i = 0; i < calls / 5; i++) await call();
  const samples: number[] = [];
  const cpu = process.cpuUsage();
  for (let i = 0; i < calls; i++) {
    const start = performance.now();
    await call();
    samples.push((performance.now() - start) * 1000);
  }
  const spent = process.cpuUsage(cpu);
  return {
    "p50 µs": quantile(samples, 0.5),
    "p95 µs": quantile(samples, 0.95),
    "p99 µs": quantile(samples, 0.99),
    "CPU-s per 1e6 rows": (spent.user + spent.system) / (calls * rowsPerCall),
  };
}

/** Keeps `callers` calls in flight until then; gives how many were done. */
export async function callersInFlight(
  run: (i: number) => Promise<unknown>,
  callers: number,
  until: number,
): Promise<number> {
  let next = 0;
  const caller = async (): Promise<void> => {
    do await run(next++);
    while (performance.now() < until);
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return next;
}
