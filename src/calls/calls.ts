/** Calls that wait for their rows: ids, promises, abort listeners. */
import type { AsyncResource } from "node:async_hooks";
import { QuorateError, toQuorateError } from "../errors.js";
import type { NativeColumns, NativeRows } from "../native/results.js";
import { onAbort } from "./abort.js";
import { type Answer, answerAt, type Legend } from "./answer.js";
import { BatchAnswer } from "./batch-answer.js";
import { abortedBy } from "./call-options.js";
import { Causes } from "./causes.js";
import { keptContext } from "./context.js";
import { IdMap } from "./id-map.js";
import { LazyTensors } from "./lazy-tensors.js";
import { hasAnswer, ownError, RowErrors } from "./row-errors.js";
import { Settler } from "./settler.js";
import type { LazyTensor } from "./tensors.js";

const nothing = (): void => {};

/** How a call's promise is settled, and what must be undone then. */
interface Pending {
  readonly lazy: LazyTensors | undefined;
  /** Where user code may be called for it. */
  readonly context: AsyncResource | undefined;
  /** Stops listening to the call's signal. */
  unlisten(): void;
  reject(error: QuorateError): void;
}

class PendingRow implements Pending {
  readonly lazy: LazyTensors | undefined;
  readonly context: AsyncResource | undefined;
  unlisten: () => void = nothing;
  resolve: (answer: Answer) => void = nothing;
  reject: (error: QuorateError) => void = nothing;

  constructor(lazy: LazyTensors | undefined, context: AsyncResource | undefined) {
    this.lazy = lazy;
    this.context = context;
  }
}

interface PendingBatch extends Pending {
  readonly signal: AbortSignal | undefined;
  resolve(answer: BatchAnswer): void;
}

/** What a new batch needs. */
export interface NewBatch {
  readonly signal: AbortSignal | undefined;
  readonly lazy: ReadonlyMap<number, LazyTensor>;
  /** Hands the call to the engine; throwing rejects the promise. */
  submit(id: number): void;
  /** Tells the engine that the call was aborted. */
  cancel(id: number): void;
}

export class Calls {
  readonly #rows = new IdMap<PendingRow>();
  readonly #batches = new IdMap<PendingBatch>();
  readonly #settler = new Settler();
  readonly #causes = new Causes();
  readonly #hasFunctions: boolean;
  #lastId = 0;

  /** @param hasFunctions some members are user code: calls keep the context in which they were made */
  constructor(hasFunctions: boolean) {
    this.#hasFunctions = hasFunctions;
  }

  /** Calls that have not been answered. */
  get waiting(): number {
    return this.#rows.size + this.#batches.size;
  }

  /** The id of the call that comes next. */
  get nextId(): number {
    return this.#lastId + 1;
  }

  /** One row, with the next id. Aborting rejects at once: its tensors are copied, the caller's are not read any more. */
  row(
    signal: AbortSignal | undefined,
    lazy: ReadonlyMap<number, LazyTensor> | undefined,
    cancel: (id: number) => void,
  ): Promise<Answer> {
    const id = ++this.#lastId;
    const context = this.#context(lazy);
    const pending = new PendingRow(lazyTensors(lazy, context), context);
    this.#rows.set(id, pending);
    const promise = new Promise<Answer>((resolve, reject) => {
      pending.resolve = resolve;
      pending.reject = reject;
    });
    if (signal !== undefined) {
      pending.unlisten = onAbort(signal, () => {
        this.#rows.delete(id);
        pending.reject(abortedBy(signal));
        cancel(id);
      });
    }
    return promise;
  }

  /** The engine did not take these rows. */
  refuseRows(firstId: number, count: number, thrown: unknown): void {
    for (let id = firstId; id < firstId + count; id++) {
      const pending = this.#rows.get(id);
      if (pending === undefined) continue; // Aborted meanwhile.
      this.#rows.delete(id);
      pending.unlisten();
      pending.reject(toQuorateError(thrown));
    }
  }

  /** A batch. Aborting rejects when the engine has released the caller's arrays. */
  batch(call: NewBatch): Promise<BatchAnswer> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      const unlisten = onAbort(call.signal, () => call.cancel(id));
      const { lazy, signal } = call;
      const context = this.#context(lazy);
      this.#batches.set(id, { resolve, reject, unlisten, lazy: lazyTensors(lazy, context), context, signal });
      submit(call, id, this.#batches);
    });
  }

  /** The functions of a call that still waits. */
  lazyOf(id: number): LazyTensors | undefined {
    return this.#pending(id)?.lazy;
  }

  /** The context of a call that still waits and may need it; undefined: none. */
  contextOf(id: number): AsyncResource | undefined {
    return this.#pending(id)?.context;
  }

  #pending(id: number): Pending | undefined {
    return this.#rows.get(id) ?? this.#batches.get(id);
  }

  #context(lazy: ReadonlyMap<number, LazyTensor> | undefined): AsyncResource | undefined {
    return this.#hasFunctions || (lazy !== undefined && lazy.size > 0) ? keptContext() : undefined;
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
        this.#settler.add(pending, answerAt(columns, i, legend));
      } else {
        // Made anew for every row: no two calls share an error.
        this.#settler.add(pending, ownError(columns, i, this.#causes));
      }
    }
    this.#settler.flush();
    this.#forgetCauses();
  }

  /** A batch came back: as an answer, or as an error when it was aborted or the cascade closed under it. */
  settleBatch(id: number, columns: NativeColumns, legend: Legend): void {
    const pending = this.#batches.get(id);
    if (pending === undefined) return;
    this.#batches.delete(id);
    pending.unlisten();
    const errors = new RowErrors(columns, this.#causes);
    const closed = columns.errors.some((error) => error.code === "QUORATE_ERR_CLOSED");
    if (pending.signal?.aborted) pending.reject(abortedBy(pending.signal));
    else if (closed) pending.reject(errors.all.find((error) => error.code === "QUORATE_ERR_CLOSED") ?? closedError());
    else pending.resolve(new BatchAnswer(columns, errors, legend));
    this.#forgetCauses();
  }

  /** Remembers what user code threw, until every call that may meet it has settled. */
  readonly keepCause = (thrown: unknown): number => {
    this.#forgetCauses();
    return this.#causes.add(thrown, this.#lastId);
  };

  #forgetCauses(): void {
    if (this.#causes.size > 0) this.#causes.forget(Math.min(this.#rows.first, this.#batches.first));
  }

  /** Rejects every call that still waits; for after the engine has closed. */
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

function submit(call: NewBatch, id: number, waiting: IdMap<Pending>): void {
  try {
    call.submit(id);
  } catch (thrown) {
    waiting.get(id)?.unlisten();
    waiting.delete(id);
    throw toQuorateError(thrown); // Inside a promise's executor: rejects it.
  }
}

function lazyTensors(
  lazy: ReadonlyMap<number, LazyTensor> | undefined,
  context: AsyncResource | undefined,
): LazyTensors | undefined {
  return lazy === undefined || lazy.size === 0 ? undefined : new LazyTensors(lazy, context);
}
