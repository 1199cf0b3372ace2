import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { digitRows, digitsSpec } from "../lib/digits.js";
import { JsCascade } from "../lib/js-cascade.js";
import { nativeBench } from "../lib/native.js";
import { quorate } from "../lib/quorate.js";
import { figure, type Metrics, type Suite } from "../lib/suite.js";
import { keepInFlight, lateness, ticksDuring } from "../lib/ticks.js";
import { WorkerPool } from "../lib/worker-pool.js";

const batchRows = 4096;

export const loopDelay: Suite = {
  name: "loop-delay",
  question: "How late do timers fire while every core infers?",
  targets: [{ ratio: "p99.9: quorate / busy threads", atMost: 1.5 }],
  notes: [
    "Time between two ticks of `setInterval(…, 1)`, that 1 ms included. Two batches of " +
      `${batchRows} rows are always in flight (JS on the loop itself: one).`,
    "Busy threads: one native spinning thread per core, the loop idle beside them. They and quorate take turns of " +
      "1.25 s, so both meet the same machine; other processes on it delay all of them.",
    "Ticks are those of one trial: a trial's p99.9 rests on its four or five latest of about 4,000. Five trials have " +
      "about 20,000 for quorate and as many for the busy threads.",
  ],
  async run(smoke) {
    const turns = smoke ? 1 : 4;
    const turnMs = smoke ? 200 : 1250;
    const spec = digitsSpec();
    const rows = digitRows(batchRows);
    const figures: Record<string, Metrics> = {};
    figures["idle"] = lateness(await ticksDuring(() => sleep(turnMs)));

    const cascade = await quorate.Cascade.fromSpec(spec);
    await cascade.runBatch(rows);
    const busy: number[] = [];
    const inferring: number[] = [];
    for (let turn = 0; turn < turns; turn++) {
      nativeBench.startSpinning(availableParallelism());
      busy.push(...(await ticksDuring(() => sleep(turnMs))));
      nativeBench.stopSpinning();
      inferring.push(...(await ticksDuring(() => keepInFlight(() => cascade.runBatch(rows), 2, turnMs))));
    }
    await cascade.close();
    figures["busy threads"] = lateness(busy);
    figures["quorate"] = lateness(inferring);

    const pool = await WorkerPool.open();
    await pool.runLarge(rows);
    figures["JS, worker pool"] = lateness(await ticksDuring(() => keepInFlight(() => pool.runLarge(rows), 2, turnMs)));
    await pool.close();
    for (const threads of ["one", "default"] as const) {
      const js = await JsCascade.open(spec, threads);
      await js.run(rows);
      const name = `JS on the loop, ${threads === "one" ? "intra_op 1" : "default threads"}`;
      figures[name] = lateness(await ticksDuring(() => keepInFlight(() => js.run(rows), 1, turnMs)));
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
