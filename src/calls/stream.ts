/** Unbounded input with back-pressure: rows go in as answers are taken out. */
import type { AsyncResource } from "node:async_hooks";
import { invalidArgument, type QuorateError, toQuorateError } from "../errors.js";
import type { NativeCallOptions } from "../native/contract.js";
import { onAbort } from "./abort.js";
import { type Answer, shownAnswer } from "./answer.js";
import { abortedBy, type CallOptions, lowerCallOptions } from "./call-options.js";
import { closedError } from "./calls.js";
import { inContext, keptContext } from "./context.js";
import type { RowInput } from "./inputs.js";
import { Ring } from "./ring.js";

/** Options of `stream`; `deadlineMs` counts from when the row is read. */
export interface StreamOptions extends CallOptions {
  /** Answers in the order of the rows, so one slow row holds up those behind it; false = as they finish. @default true */
  readonly ordered?: boolean;
  /**
   * Most rows that are read and not yet taken out as answers. Each holds its data in memory; fewer than the first tier's
   * `maxRows` leave batches unfilled. @default 4 x the first tier's `maxRows`
   */
  readonly inFlight?: number;
  /** Called for a row without an answer, which is then left out. @default the iteration throws the row's error */
  readonly onRowError?: (error: QuorateError, index: number) => void;
}

/** An answer and which row of the source it belongs to. */
export interface StreamAnswer extends Answer {
  /** Counts the source's rows from 0. */
  readonly index: number;
}

/** Where rows come from. */
export type RowSource = AsyncIterable<RowInput> | Iterable<RowInput>;

/** Answers one row of the stream; `options` are checked. */
export type RunRow = (row: RowInput, options: NativeCallOptions, signal: AbortSignal) => Promise<Answer>;

/** A row without an answer. */
interface Failure {
  readonly index: number;
  readonly error: QuorateError;
}

/**
 * Ending the iteration in any way cancels what is in flight and calls return() on the source. Whoever takes the answers
 * out, the source is read and errors are reported in the asynchronous context of this call.
 * @param closing aborts when the cascade closes: the rows that were read still end, and no others are waited for
 */
export function streamRows(
  run: RunRow,
  source: RowSource,
  options: StreamOptions,
  defaultInFlight: number,
  closing?: AbortSignal,
): AsyncGenerator<StreamAnswer, void, undefined> {
  return answers(run, source, options, defaultInFlight, keptContext(), closing);
}

async function* answers(
  run: RunRow,
  source: RowSource,
  options: StreamOptions,
  defaultInFlight: number,
  context: AsyncResource,
  closing: AbortSignal | undefined,
): AsyncGenerator<StreamAnswer, void, undefined> {
  const native = lowerCallOptions("stream", options, "wait");
  const { signal, ordered = true, inFlight = defaultInFlight, onRowError } = options;
  const iterator = inContext(context, () => iterate(source));
  const rows = new Rows((row, stop) => run(row, native, stop), iterator, new Ring(inFlight, ordered), context);
  const unlisten = onAbort(signal, () => rows.stop(signal?.reason));
  const unlistenClosing = onAbort(closing, () => rows.wake());
  try {
    while (true) {
      rows.read();
      if (signal?.aborted) throw abortedBy(signal);
      const end = rows.ends.take();
      if (end === undefined) {
        if (rows.finished) return;
        if (closing?.aborted && rows.ends.isEmpty) throw closedError();
        await rows.change();
      } else if (!("error" in end)) yield end;
      // A closed cascade answers no row any more: that ends the stream.
      else if (onRowError === undefined || end.error.code === "QUORATE_ERR_CLOSED") throw end.error;
      else inContext(context, () => onRowError(end.error, end.index));
    }
  } finally {
    unlisten();
    unlistenClosing();
    rows.stop();
    await rows.close();
  }
}

/** The rows of one stream, from the source to their ends. */
class Rows {
  readonly ends: Ring<StreamAnswer | Failure>;
  readonly #run: (row: RowInput, stop: AbortSignal) => Promise<Answer>;
  readonly #source: AsyncIterator<RowInput> | Iterator<RowInput>;
  readonly #context: AsyncResource;
  readonly #stop = new AbortController();
  #reading = false;
  /** The source has no more rows: it came to its end, or threw. */
  #exhausted = false;
  #sourceError: { readonly thrown: unknown } | undefined;
  #wake = (): void => {};

  constructor(
    run: (row: RowInput, stop: AbortSignal) => Promise<Answer>,
    source: AsyncIterator<RowInput> | Iterator<RowInput>,
    ends: Ring<StreamAnswer | Failure>,
    context: AsyncResource,
  ) {
    this.#run = run;
    this.#source = source;
    this.ends = ends;
    this.#context = context;
  }

  /** Every row has been taken out. @throws what the source threw, then */
  get finished(): boolean {
    if (!this.#exhausted || !this.ends.isEmpty) return false;
    if (this.#sourceError !== undefined) throw this.#sourceError.thrown;
    return true;
  }

  /** Starts to read one row at a time, for as long as there is room; once at a time. */
  read(): void {
    if (!this.#reading) void inContext(this.#context, () => this.#readRows());
  }

  /** Settles when a row has ended, the source was read or the stream was stopped. */
  change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Settles `change`. */
  wake(): void {
    this.#wake();
  }

  /** Cancels what is in flight; nothing is read any more. */
  stop(reason?: unknown): void {
    this.#stop.abort(reason);
    this.#wake();
  }

  /** Releases the source. One that is being read may never come back: then its return() is not waited for. */
  async close(): Promise<void> {
    if (this.#exhausted) return;
    // In a function of its own: a return() that throws at once may not hide why the stream ended.
    const returned = inContext(this.#context, async () => this.#source.return?.()).catch(() => {});
    if (!this.#reading) await returned;
  }

  async #readRows(): Promise<void> {
    this.#reading = true;
    try {
      while (!this.#exhausted && !this.#stop.signal.aborted && !this.ends.isFull) {
        const next = await this.#source.next();
        if (next.done) this.#exhausted = true;
        else if (!this.#stop.signal.aborted) this.#start(next.value);
      }
    } catch (thrown) {
      this.#exhausted = true;
      this.#sourceError = { thrown };
    } finally {
      this.#reading = false;
      this.#wake();
    }
  }

  #start(row: RowInput): void {
    const index = this.ends.reserve();
    void this.#run(row, this.#stop.signal).then(
      (answer) => this.#end(index, shownAnswer({ ...answer, index })),
      (thrown: unknown) => this.#end(index, { index, error: toQuorateError(thrown) }),
    );
  }

  #end(index: number, end: StreamAnswer | Failure): void {
    this.ends.put(index, end);
    this.#wake();
  }
}

function iterate(source: RowSource): AsyncIterator<RowInput> | Iterator<RowInput> {
  if (typeof source === "object" && source !== null) {
    if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
    // A typed array is iterable too, but over numbers.
    if (Symbol.iterator in source && !ArrayBuffer.isView(source)) return source[Symbol.iterator]();
  }
  throw invalidArgument("the source of a stream must be an iterable or async iterable of rows.");
}
