/** Quorate and its rivals on one cascade, opened side by side. */
import type { CascadeSpec } from "./cascade-spec.js";
import { digitsSpec } from "./digits.js";
import { JsCascade } from "./js-cascade.js";
import { type Cascade, quorate } from "./quorate.js";
import { checkSameLabels } from "./same-labels.js";
import { WorkerPool } from "./worker-pool.js";

export interface Contenders {
  readonly cascade: Cascade;
  /** On this thread, sessions with intra_op 1. */
  readonly one: JsCascade;
  /** On this thread, sessions with default threads. */
  readonly many: JsCascade;
  readonly pool: WorkerPool;
  close(): Promise<void>;
}

export async function openContenders(spec: CascadeSpec = digitsSpec()): Promise<Contenders> {
  const [cascade, one, many, pool] = await Promise.all([
    quorate.Cascade.fromSpec(spec),
    JsCascade.open(spec, "one"),
    JsCascade.open(spec, "default"),
    WorkerPool.open(spec),
  ]);
  const close = async (): Promise<void> => {
    await Promise.all([cascade.close(), pool.close()]);
  };
  return { cascade, one, many, pool, close };
}

/** Before anything is timed. */
export async function checkContenders({ cascade, one, pool }: Contenders, rows: Float32Array): Promise<void> {
  const expected = (await cascade.runBatch(rows)).label;
  checkSameLabels("JS", await one.run(rows), expected);
  checkSameLabels("JS pool", await pool.runLarge(rows), expected);
}
