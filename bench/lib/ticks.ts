/** How late timers fire while something else goes on. */
import { quantile } from "./statistics.js";
import type { Metrics } from "./suite.js";

/** Milliseconds between the ticks of a 1 ms timer while `work` goes on. */
export async function ticksDuring(work: () => Promise<unknown>): Promise<number[]> {
  const ticks: number[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    ticks.push(now - last);
    last = now;
  }, 1);
  await work();
  clearInterval(timer);
  return ticks;
}

/** Starts the work again whenever it is done, `inFlight` times side by side. */
export async function keepInFlight(work: () => Promise<unknown>, inFlight: number, ms: number): Promise<void> {
  const until = performance.now() + ms;
  const keepGoing = async (): Promise<void> => {
    while (performance.now() < until) await work();
  };
  await Promise.all(Array.from({ length: inFlight }, keepGoing));
}

export function lateness(ticks: readonly number[]): Metrics {
  return {
    "p50 ms": quantile(ticks, 0.5),
    "p99 ms": quantile(ticks, 0.99),
    "p99.9 ms": quantile(ticks, 0.999),
    ticks: ticks.length,
  };
}
