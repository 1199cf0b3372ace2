/** Calls that wait for their rows: ids, promises, abort listeners. */
import { type Answer, answerAt, type Legend } from "../answer.js";
import { BatchAnswer } from "../batch-answer.js";
import { abortedBy } from "../call-options.js";
import { QuorateError, toQuorateError } from "../errors.js";
import type { NativeColumns, NativeRows } from "../native/contract.js";
import { columnErrors, hasAnswer, rowError } from "../row-errors.js";
import { onAbort } from "./abort.js";
import { LazyTensors } from "./lazy-tensors.js";
import { Settler } from "./settler.js";
import type { LazyTensor } from "./tensors.js";

/** How a call's promise is settled, and what must be undone then. */
interface Pending {
  readonly lazy: LazyTensors | undefined;
  /** Stops listening to the call's signal. */
  unlisten(): void;
  reject(error: QuorateError): void;
}

interface PendingRow extends Pending {
  resolve(answer: Answer): void;
}

interface PendingBatch extends Pending {
  readonly signal: AbortSignal | undefined;
  resolve(answer: BatchAnswer): void;
}

/** What a new call needs. */
export interface NewCall {
  readonly signal: AbortSignal | undefined;
  readonly lazy: ReadonlyMap<number, LazyTensor>;
  /** Hands the call to the engine; throwing rejects the promise. */
  submit(id: number): void;
  /** Tells the engine that the call was aborted. */
  cancel(id: number): void;
}

export class Calls {
  readonly #rows = new Map<number, PendingRow>();
  readonly #batches = new Map<number, PendingBatch>();
  readonly #settler = new Settler();
  #lastId = 0;

  /** Calls that have not been answered. */
  get waiting(): number {
    return this.#rows.size + this.#batches.size;
  }

  /** One row. Aborting rejects at once: its tensors are copied, nobody reads the caller's. */
  row(call: NewCall): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      const { signal } = call;
      const unlisten = onAbort(signal, () => {
        this.#rows.delete(id);
        reject(abortedBy(signal));
        call.cancel(id);
      });
      this.#rows.set(id, { resolve, reject, unlisten, lazy: lazyTensors(call) });
      submit(call, id, this.#rows);
    });
  }

  /** A batch. Aborting rejects when the engine has let go of the caller's arrays. */
  batch(call: NewCall): Promise<BatchAnswer> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      const unlisten = onAbort(call.signal, () => call.cancel(id));
      this.#batches.set(id, { resolve, reject, unlisten, lazy: lazyTensors(call), signal: call.signal });
      submit(call, id, this.#batches);
    });
  }

  /** The functions of a call that still waits. */
  lazyOf(id: number): LazyTensors | undefined {
    return (this.#rows.get(id) ?? this.#batches.get(id))?.lazy;
  }

  /** Single rows came back. Answers are read at once, promises settled some per turn. */
  settleRows(columns: NativeRows, legend: Legend): void {
    for (let i = 0; i < columns.count; i++) {
      const id = columns.ids[i] ?? 0;
      const pending = this.#rows.get(id);
      if (pending === undefined) continue;
      this.#rows.delete(id);
      pending.unlisten();
      if (hasAnswer(columns, i)) {
        const answer = answerAt(columns, i, legend);
        this.#settler.add(() => pending.resolve(answer));
      } else {
        // Made anew for every row: no two calls share an error.
        const error = rowError(columns, i, columnErrors(columns, pending.lazy?.causes));
        this.#settler.add(() => pending.reject(error));
      }
    }
    this.#settler.flush();
  }

  /** A batch came back: as an answer, or as an error when it was aborted or the cascade closed under it. */
  settleBatch(id: number, columns: NativeColumns, legend: Legend): void {
    const pending = this.#batches.get(id);
    if (pending === undefined) return;
    this.#batches.delete(id);
    pending.unlisten();
    const errors = columnErrors(columns, pending.lazy?.causes);
    const closed = errors.find((error) => error.code === "QUORATE_ERR_CLOSED");
    if (pending.signal?.aborted) pending.reject(abortedBy(pending.signal));
    else if (closed !== undefined) pending.reject(closed);
    else pending.resolve(new BatchAnswer(columns, errors, legend));
  }

  /** Rejects whatever still waits; for after the engine has closed. */
  rejectAll(): void {
    for (const pending of [...this.#rows.values(), ...this.#batches.values()]) {
      pending.unlisten();
      pending.reject(closedError());
    }
    this.#rows.clear();
    this.#batches.clear();
  }
}

/** The error of every call after close(). */
export function closedError(): QuorateError {
  return new QuorateError("QUORATE_ERR_CLOSED", "the cascade is closed.");
}

function submit(call: NewCall, id: number, waiting: Map<number, Pending>): void {
  try {
    call.submit(id);
  } catch (thrown) {
    waiting.get(id)?.unlisten();
    waiting.delete(id);
    throw toQuorateError(thrown); // Inside a promise's executor: rejects it.
  }
}

function lazyTensors(call: NewCall): LazyTensors | undefined {
  return call.lazy.size === 0 ? undefined : new LazyTensors(call.lazy);
}
