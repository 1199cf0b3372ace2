/** `memory-probe.js CASE ROWS`, run with `--expose-gc`: sends what the case adds to this process's memory. */
import { digitRows, digitsSpec, rowAt, rowSize } from "./digits.js";
import type { Metrics } from "./suite.js";

const MiB = 2 ** 20;

function memory(): NodeJS.MemoryUsage {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage();
}

/** Resident memory with the models loaded, and after work has made every arena and heap grow. */
async function loaded(run: ((rows: Float32Array) => Promise<unknown>) | undefined, rows: number): Promise<Metrics> {
  const before = memory().rss;
  if (run !== undefined) for (let i = 0; i < 10; i++) await run(digitRows(rows));
  return { "RSS MiB, loaded": before / MiB, "RSS MiB, after work": memory().rss / MiB };
}

/** What rows add that wait behind a member or batch which does not answer. `submit` gives their answers. */
async function waiting(rows: number, submit: () => Promise<unknown>[], open: () => void): Promise<Metrics> {
  const before = memory();
  const answers = submit();
  const after = memory();
  open();
  await Promise.all(answers);
  const perRow = (part: "rss" | "heapUsed" | "arrayBuffers"): number => (after[part] - before[part]) / rows;
  return {
    "RSS bytes per row": perRow("rss"),
    "JS heap bytes per row": perRow("heapUsed"),
    "array buffer bytes per row": perRow("arrayBuffers"),
  };
}

/** A cascade whose only member answers once `open()` was called. */
async function gatedCascade(rows: number) {
  const { quorate } = await import("./quorate.js");
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const member = {
    run: async ({ count }: { count: number }) => {
      await opened;
      return new Int32Array(count);
    },
    inputs: { image: { type: "float32" as const, rowShape: [rowSize] } },
    timeoutMs: 600_000,
  };
  const batch = { maxInFlight: 1, maxQueueRows: rows };
  const spec = { classes: 10, maxRowsInFlight: rows, tiers: [{ name: "gate", members: [member], batch }] };
  return { cascade: await quorate.Cascade.fromSpec(spec), open };
}

const cases: Record<string, (rows: number) => Promise<Metrics>> = {
  node: (rows) => loaded(undefined, rows),
  async quorate(rows) {
    const { quorate } = await import("./quorate.js");
    const cascade = await quorate.Cascade.fromSpec(digitsSpec());
    return loaded((batch) => cascade.runBatch(batch), rows);
  },
  async js(rows) {
    const { JsCascade } = await import("./js-cascade.js");
    const cascade = await JsCascade.open(digitsSpec(), "one");
    return loaded((batch) => cascade.run(batch), rows);
  },
  async pool(rows) {
    const { WorkerPool } = await import("./worker-pool.js");
    const pool = await WorkerPool.open();
    return loaded((batch) => pool.runLarge(batch), rows);
  },
  async "waiting-run"(rows) {
    const { cascade, open } = await gatedCascade(rows);
    const data = digitRows(597);
    return waiting(rows, () => Array.from({ length: rows }, (_, i) => cascade.run(rowAt(data, i))), open);
  },
  async "waiting-batch"(rows) {
    const { cascade, open } = await gatedCascade(rows);
    const data = digitRows(rows);
    return waiting(rows, () => [cascade.runBatch(data)], open);
  },
  async "waiting-js"(rows) {
    const { MicroBatcher } = await import("./micro-batcher.js");
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const batcher = new MicroBatcher((batch) => opened.then(() => new Int32Array(batch.length / rowSize)), 1, 256);
    const data = digitRows(597);
    return waiting(rows, () => Array.from({ length: rows }, (_, i) => batcher.run(rowAt(data, i))), open);
  },
};

const [name = "", rows = ""] = process.argv.slice(2);
const metrics = await cases[name]?.(Number(rows));
process.send?.(metrics, () => process.exit(0));
