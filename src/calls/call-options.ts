/** Options of one call, and what the engine gets of them. */
import { invalidArgument, QuorateError } from "../errors.js";
import type { NativeCallOptions } from "../native/contract.js";

/** Options of `run`. */
export interface CallOptions {
  /** Aborting it rejects the call with an error named "AbortError". @default none */
  readonly signal?: AbortSignal;
  /** Milliseconds from now until the answer must be there, through all tiers. @default none */
  readonly deadlineMs?: number;
  /** On expiry: reject, or answer with the last finished tier (before any has, it rejects). @default "reject" */
  readonly onDeadline?: "reject" | "degrade";
  /** 1 highest ... 9 lowest. Waiting rows rise, so nothing starves. @default 5 */
  readonly priority?: number;
  /** Keep every member's vote and score, and times per tier, in the answer. @default false */
  readonly trace?: boolean;
}

/** Options of `runBatch`. */
export interface BatchCallOptions extends CallOptions {
  /**
   * Copy the input before the call returns. Without it the engine reads your arrays in place: do not write to them and do
   * not transfer their buffers before the promise has settled. A copy needs room in `maxBytesInFlight` at once: where
   * there is none the call rejects with QUORATE_ERR_QUEUE_FULL, as `run` does. @default false
   */
  readonly copy?: boolean;
  /** Number of rows, needed when every tensor is a function. @default from the tensors' length */
  readonly rows?: number;
}

/** Where the middle of the nine levels is. */
const defaultPriority = 5;

/** What most calls have. */
export const noOptions: BatchCallOptions = {};
const plain: NativeCallOptions = {
  priority: defaultPriority,
  deadlineMs: 0,
  degradeOnDeadline: false,
  trace: false,
  wait: false,
  copy: false,
};
const plainWaiting: NativeCallOptions = { ...plain, wait: true };

/** @throws QuorateError: a bad option, an aborted signal, a deadline in the past */
export function checkCallOptions(options: BatchCallOptions, wait: boolean): NativeCallOptions {
  if (options === noOptions) return wait ? plainWaiting : plain;
  const { signal, deadlineMs, onDeadline = "reject", priority = 0, trace = false, copy = false, rows } = options;
  if (!(Number.isInteger(priority) && priority >= 0 && priority <= 9)) {
    throw invalidArgument(`priority is ${String(priority)}, expected an integer from 0 (default) to 9 (lowest).`);
  }
  if (onDeadline !== "reject" && onDeadline !== "degrade") {
    throw invalidArgument(`onDeadline is ${JSON.stringify(onDeadline)}, expected "reject" or "degrade".`);
  }
  if (deadlineMs !== undefined && (typeof deadlineMs !== "number" || Number.isNaN(deadlineMs))) {
    throw invalidArgument(`deadlineMs is ${String(deadlineMs)}, expected a number of milliseconds.`);
  }
  if (rows !== undefined && !(Number.isInteger(rows) && rows >= 1 && rows < 2 ** 32)) {
    throw invalidArgument(`rows is ${String(rows)}, expected an integer of at least 1.`);
  }
  if (signal !== undefined && !isSignal(signal)) throw invalidArgument("signal is not an AbortSignal.");
  if (signal?.aborted) throw abortedBy(signal);
  if (deadlineMs !== undefined && deadlineMs <= 0) {
    throw new QuorateError(
      "QUORATE_ERR_DEADLINE",
      `the deadline has passed before the call: deadlineMs is ${deadlineMs}.`,
    );
  }
  return {
    priority: priority === 0 ? defaultPriority : priority,
    deadlineMs: deadlineMs === undefined || deadlineMs === Number.POSITIVE_INFINITY ? 0 : deadlineMs,
    degradeOnDeadline: onDeadline === "degrade",
    trace,
    wait,
    copy,
  };
}

/** The error of a call whose signal aborted; the signal's reason is its cause. */
export function abortedBy(signal: AbortSignal | undefined): QuorateError {
  return new QuorateError("QUORATE_ERR_ABORTED", "the call was aborted.", { cause: signal?.reason });
}

function isSignal(value: unknown): boolean {
  return typeof value === "object" && value !== null && "aborted" in value && "addEventListener" in value;
}
