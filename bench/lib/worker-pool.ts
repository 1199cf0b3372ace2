/** A JavaScript cascade in worker_threads, one copy of the models per worker. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { CascadeSpec } from "./cascade-spec.js";
import { digitsSpec } from "./digits.js";

interface Slot {
  readonly worker: Worker;
  busy: boolean;
}

export class WorkerPool {
  readonly #slots: readonly Slot[];
  readonly #rowSize: number;
  readonly #queue: ((slot: Slot) => void)[] = [];

  private constructor(slots: readonly Slot[], rowSize: number) {
    this.#slots = slots;
    this.#rowSize = rowSize;
  }

  get size(): number {
    return this.#slots.length;
  }

  static async open(spec: CascadeSpec = digitsSpec()): Promise<WorkerPool> {
    const slots = Array.from({ length: availableParallelism() }, () => ({
      worker: new Worker(new URL("./pool-worker.js", import.meta.url), { workerData: spec }),
      busy: false,
    }));
    const [rowSize] = await Promise.all(slots.map((slot) => reply(slot.worker)));
    return new WorkerPool(slots, Number(rowSize));
  }

  /** One batch, on whichever worker is free. Its rows must lie in memory of their own. */
  async run(rows: Float32Array): Promise<Int32Array> {
    const slot = await this.#take();
    const answer = reply(slot.worker);
    slot.worker.postMessage(rows, [rows.buffer as ArrayBuffer]);
    const labels = await answer;
    this.#release(slot);
    return labels as Int32Array;
  }

  /** A large batch, cut into at least one piece per worker. */
  async runLarge(rows: Float32Array): Promise<Int32Array> {
    const rowSize = this.#rowSize;
    const count = rows.length / rowSize;
    const piece = Math.max(1, Math.min(2048, Math.ceil(count / this.size)));
    const labels = new Int32Array(count);
    const pieces: Promise<void>[] = [];
    for (let from = 0; from < count; from += piece) {
      const part = rows.slice(from * rowSize, Math.min(count, from + piece) * rowSize);
      pieces.push(this.run(part).then((got) => labels.set(got, from)));
    }
    await Promise.all(pieces);
    return labels;
  }

  async close(): Promise<void> {
    await Promise.all(this.#slots.map((slot) => slot.worker.terminate()));
  }

  #take(): Promise<Slot> {
    const free = this.#slots.find((slot) => !slot.busy);
    if (free === undefined) return new Promise((resolve) => this.#queue.push(resolve));
    free.busy = true;
    return Promise.resolve(free);
  }

  #release(slot: Slot): void {
    const next = this.#queue.shift();
    if (next === undefined) slot.busy = false;
    else next(slot);
  }
}

function reply(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      worker.off("message", onMessage);
      worker.off("error", onError);
    };
    const onMessage = (message: unknown): void => {
      done();
      resolve(message);
    };
    const onError = (error: unknown): void => {
      done();
      reject(error);
    };
    worker.on("message", onMessage);
    worker.on("error", onError);
  });
}
