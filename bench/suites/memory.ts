import { probe } from "../lib/probe.js";
import { figure, type Metrics, type Suite } from "../lib/suite.js";

/** What is shown -> case of lib/memory-probe.ts. */
const loaded = {
  "Node alone": "node",
  quorate: "quorate",
  "JS, intra_op 1": "js",
  "JS, worker pool": "pool",
};
const waiting = {
  "waiting: quorate, run()": "waiting-run",
  "waiting: quorate, runBatch()": "waiting-batch",
  "waiting: JS micro-batch": "waiting-js",
};

export const memory: Suite = {
  name: "memory",
  question: "How much memory do the loaded digits cascade and 100,000 waiting rows take?",
  targets: [],
  notes: [
    "Each line is a process of its own, read after two garbage collections. After work: after ten batches of 4,096 rows.",
    "Waiting rows: 100,000 rows of 64 floats (256 bytes) behind a member that does not answer. `run()` copies a row and " +
      "holds a promise; `runBatch()` reads the caller's array in place, which is not counted. The JS micro-batch keeps " +
      "the caller's view of the row, a promise and two functions, and copies nothing until its batch starts.",
    "RSS includes memory that an allocator keeps for later; JS heap and array buffers are parts of it.",
  ],
  async run(smoke) {
    const figures: Record<string, Metrics> = {};
    const measure = async (cases: Readonly<Record<string, string>>, rows: number): Promise<void> => {
      for (const [name, id] of Object.entries(cases)) {
        figures[name] = await probe<Metrics>("memory-probe", { args: [id, String(rows)], execArgv: ["--expose-gc"] });
      }
    };
    await measure(loaded, 4096);
    await measure(waiting, smoke ? 10_000 : 100_000);
    const over = (name: string): number =>
      figure(figures, name, "RSS MiB, after work") - figure(figures, "Node alone", "RSS MiB, after work");
    const perRow = (name: string): number => figure(figures, name, "RSS bytes per row");
    return {
      figures,
      ratios: {
        "RSS over Node alone, after work: quorate / JS, intra_op 1": over("quorate") / over("JS, intra_op 1"),
        "RSS over Node alone, after work: quorate / JS, worker pool": over("quorate") / over("JS, worker pool"),
        "RSS per waiting row: quorate, run() / JS micro-batch":
          perRow("waiting: quorate, run()") / perRow("waiting: JS micro-batch"),
      },
    };
  },
};
