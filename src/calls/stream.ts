/** Unbounded input with back-pressure: rows go in as answers are taken out. */

import { invalidArgument, type QuorateError, toQuorateError } from "../errors.js";
import type { Answer } from "./answer.js";
import { abortedBy, type CallOptions } from "./call-options.js";
import type { RowInput } from "./inputs.js";

/** Options of `stream`; `deadlineMs` counts from when the row is read. */
export interface StreamOptions extends CallOptions {
  /** Answers in the order of the rows; false = as they finish. @default true */
  readonly ordered?: boolean;
  /** Rows read and not yet taken out as answers. @default 4 x the first tier's maxRows */
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

type RunRow = (row: RowInput, options: CallOptions) => Promise<Answer>;

/** A row that has been read: done when it has an answer or an error. */
interface Slot {
  readonly index: number;
  answer?: Answer;
  error?: QuorateError;
}

/** Ending the iteration in any way cancels what is in flight and calls return() on the source. */
export async function* streamRows(
  run: RunRow,
  source: RowSource,
  options: StreamOptions,
  defaultInFlight: number,
): AsyncGenerator<StreamAnswer, void, undefined> {
  const { signal, ordered = true, inFlight = defaultInFlight, onRowError, ...callOptions } = options;
  if (!(Number.isInteger(inFlight) && inFlight >= 1)) {
    throw invalidArgument(`inFlight is ${String(inFlight)}, expected an integer of at least 1.`);
  }
  if (signal?.aborted) throw abortedBy(signal);
  const iterator = iterate(source);
  const stop = new AbortController();
  const slots: Slot[] = [];
  let reading = false;
  let ended = false;
  let sourceError: { readonly thrown: unknown } | undefined;
  let rows = 0;
  let wake = (): void => {};

  const onAbort = (): void => {
    stop.abort(signal?.reason);
    wake();
  };
  signal?.addEventListener("abort", onAbort, { once: true });

  /** Reads one row at a time, for as long as there is room. */
  async function read(): Promise<void> {
    if (reading) return;
    reading = true;
    try {
      while (!ended && !stop.signal.aborted && slots.length < inFlight) {
        const next = await iterator.next();
        if (next.done) ended = true;
        else if (!stop.signal.aborted) start(next.value);
      }
    } catch (thrown) {
      ended = true;
      sourceError = { thrown };
    } finally {
      reading = false;
      wake();
    }
  }

  function start(row: RowInput): void {
    const slot: Slot = { index: rows++ };
    slots.push(slot);
    run(row, { ...callOptions, signal: stop.signal })
      .then(
        (answer) => {
          slot.answer = answer;
        },
        (thrown: unknown) => {
          slot.error = toQuorateError(thrown);
        },
      )
      .finally(() => wake());
  }

  try {
    while (true) {
      void read();
      if (signal?.aborted) throw abortedBy(signal);
      const at = ordered ? (isDone(slots[0]) ? 0 : -1) : slots.findIndex(isDone);
      if (at >= 0) {
        const [slot] = slots.splice(at, 1);
        if (slot?.answer !== undefined) yield { ...slot.answer, index: slot.index };
        else if (slot?.error !== undefined) {
          if (onRowError === undefined) throw slot.error;
          onRowError(slot.error, slot.index);
        }
      } else if (ended && slots.length === 0) {
        if (sourceError !== undefined) throw sourceError.thrown;
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    stop.abort();
    // A source that is being read may never come back: its return() is called but not waited for.
    const returned = ended ? undefined : Promise.resolve(iterator.return?.()).catch(() => {});
    if (!reading) await returned;
  }
}

function isDone(slot: Slot | undefined): boolean {
  return slot?.answer !== undefined || slot?.error !== undefined;
}

function iterate(source: RowSource): AsyncIterator<RowInput> | Iterator<RowInput> {
  if (typeof source === "object" && source !== null) {
    if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
    // A typed array is iterable too, but over numbers.
    if (Symbol.iterator in source && !ArrayBuffer.isView(source)) return source[Symbol.iterator]();
  }
  throw invalidArgument("the source of a stream must be an iterable or async iterable of rows.");
}
