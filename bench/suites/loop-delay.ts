import { once } from "node:events";
import { availableParallelism } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { digitRows, digitsSpec } from "../lib/digits.js";
import { JsCascade } from "../lib/js-cascade.js";
import { quorate } from "../lib/quorate.js";
import { figure, type Metrics, type Suite } from "../lib/suite.js";
import { WorkerPool } from "../lib/worker-pool.js";

const batchRows = 4096;

export const loopDelay: Suite = {
  name: "loop-delay",
  question: "How late do timers fire while every core infers?",
  targets: [{ ratio: "p99.9: quorate / busy threads", atMost: 1.5 }],
  notes: [
    "`monitorEventLoopDelay({ resolution: 1 })`: the time between two ticks of a 1 ms timer, that 1 ms included. " +
      `Two batches of ${batchRows} rows are always in flight (JS on the loop itself: one).`,
    "Busy threads: one spinning worker thread per core, JavaScript and not native as issue 5 asks; the loop is idle " +
      "beside them. Other processes on the machine delay all of them.",
    "About a thousand ticks per trial, so a trial's p99.9 is nearly its largest tick.",
  ],
  async run(smoke) {
    const ms = smoke ? 200 : 1500;
    const spec = digitsSpec();
    const rows = digitRows(batchRows);
    const figures: Record<string, Metrics> = {};
    figures["idle"] = await delayDuring(() => sleep(20), 1, ms / 2);

    const spinners = Array.from(
      { length: availableParallelism() },
      () => new Worker(new URL("../lib/spin-worker.js", import.meta.url)),
    );
    await Promise.all(spinners.map((worker) => once(worker, "message")));
    figures["busy threads"] = await delayDuring(() => sleep(20), 1, ms);
    await Promise.all(spinners.map((worker) => worker.terminate()));

    const cascade = await quorate.Cascade.fromSpec(spec);
    figures["quorate"] = await delayDuring(() => cascade.runBatch(rows), 2, ms);
    await cascade.close();

    const pool = await WorkerPool.open();
    figures["JS, worker pool"] = await delayDuring(() => pool.runLarge(rows), 2, ms);
    await pool.close();
    for (const threads of ["one", "default"] as const) {
      const js = await JsCascade.open(spec, threads);
      const name = `JS on the loop, ${threads === "one" ? "intra_op 1" : "default threads"}`;
      figures[name] = await delayDuring(() => js.run(rows), 1, ms);
    }
    const late = (name: string): number => figure(figures, name, "p99.9 ms");
    return {
      figures,
      ratios: {
        "p99.9: quorate / busy threads": late("quorate") / late("busy threads"),
        "p99.9: JS, worker pool / quorate": late("JS, worker pool") / late("quorate"),
        "p99.9: best JS on the loop / quorate":
          Math.min(late("JS on the loop, intra_op 1"), late("JS on the loop, default threads")) / late("quorate"),
      },
    };
  },
};

async function delayDuring(work: () => Promise<unknown>, inFlight: number, ms: number): Promise<Metrics> {
  await work();
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  const until = performance.now() + ms;
  const keepGoing = async (): Promise<void> => {
    while (performance.now() < until) await work();
  };
  histogram.enable();
  await Promise.all(Array.from({ length: inFlight }, keepGoing));
  histogram.disable();
  return {
    "p50 ms": histogram.percentile(50) / 1e6,
    "p99 ms": histogram.percentile(99) / 1e6,
    "p99.9 ms": histogram.percentile(99.9) / 1e6,
    ticks: histogram.count,
  };
}
