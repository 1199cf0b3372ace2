/** What a JavaScript server does against small calls: collects the rows of one tick into one batch. */
import { rowSize } from "./digits.js";

interface Waiting {
  readonly row: Float32Array;
  readonly resolve: (label: number) => void;
  readonly reject: (reason: unknown) => void;
}

export class MicroBatcher {
  readonly #runRows: (rows: Float32Array) => Promise<Int32Array>;
  readonly #maxInFlight: number;
  readonly #maxRows: number;
  #waiting: Waiting[] = [];
  #inFlight = 0;
  #scheduled = false;

  /** @param maxInFlight batches at once: the workers of a pool, else 1 */
  constructor(runRows: (rows: Float32Array) => Promise<Int32Array>, maxInFlight: number, maxRows: number) {
    this.#runRows = runRows;
    this.#maxInFlight = maxInFlight;
    this.#maxRows = maxRows;
  }

  run(row: Float32Array): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ row, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0 || this.#inFlight >= this.#maxInFlight) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush().catch(() => {});
      this.#schedule();
    });
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting.splice(0, this.#maxRows);
    const rows = new Float32Array(batch.length * rowSize);
    for (const [i, waiting] of batch.entries()) rows.set(waiting.row, i * rowSize);
    this.#inFlight++;
    try {
      const labels = await this.#runRows(rows);
      for (const [i, waiting] of batch.entries()) waiting.resolve(labels[i] ?? -1);
    } catch (reason) {
      for (const waiting of batch) waiting.reject(reason);
    } finally {
      this.#inFlight--;
      this.#schedule();
    }
  }
}
