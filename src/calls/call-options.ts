/** Options of one call, and what the engine gets of them. */
import { QuorateError } from "../errors.js";
import type { NativeCallOptions } from "../native/contract.js";
import { checkOptions } from "../spec/schema.js";

/** Options of `run`. */
export interface CallOptions {
  /**
   * Aborting it rejects the call with an error named "AbortError", at once for `run`, for the others when nothing reads
   * their arrays any more. Rows that are already in a batch may still run to its end. @default none
   */
  readonly signal?: AbortSignal;
  /** Milliseconds from now until the answer must be there, through all tiers; rows whose time is up are not started. With 0 or less the time is up at once. @default none */
  readonly deadlineMs?: number;
  /** On expiry: reject, or answer with the last finished tier (before any has, it rejects). @default "reject" */
  readonly onDeadline?: "reject" | "degrade";
  /**
   * An integer, 1 for the most urgent rows ... 9 for the least. Rows that wait rise by one level per 50 ms, so none
   * waits forever; without a queue it changes nothing. @default 5
   */
  readonly priority?: number;
  /**
   * There is no room for the row: over `maxRowsInFlight` or `maxBytesInFlight`, or at the full queue of a tier without
   * `onOverload` of its own. Wait for room, or reject with QUORATE_ERR_QUEUE_FULL: what a server that must answer in time
   * wants. A call of `runBatch` that is over the bounds is rejected as a whole, a full queue rejects single rows of it.
   * @default "reject" for `run`, "wait" for `runBatch` and `stream`
   */
  readonly onFull?: OnFull;
  /**
   * Keep every member's vote and score, and times per tier, in the answer. Costs allocations per row and tier, and
   * sequential tiers run all members of a batch with such a row: for debugging and samples. @default false
   */
  readonly trace?: boolean;
}

/** Options of `runBatch`. */
export interface BatchCallOptions extends CallOptions {
  /**
   * Copy the input before the call returns. Without it the engine reads your arrays in place: do not write to them and do
   * not transfer their buffers before the promise has settled. A copy needs room in `maxBytesInFlight` at once: where
   * there is none the call rejects with QUORATE_ERR_QUEUE_FULL, whatever `onFull` says. @default false
   */
  readonly copy?: boolean;
  /** Number of rows, needed when every tensor is a function. @default from the tensors' length */
  readonly rows?: number;
}

/** What most calls have. */
export const noOptions: BatchCallOptions = {};

/** Where the middle of the nine levels is. */
const defaultPriority = 5;

/** What a call does where there is no room, unless it says so itself. */
export type OnFull = "wait" | "reject";

const plain: NativeCallOptions = {
  priority: defaultPriority,
  deadlineMs: 0,
  degradeOnDeadline: false,
  detail: "answers",
  wait: false,
  copy: false,
};
const plainWaiting: NativeCallOptions = { ...plain, wait: true };

/** What was made last: calls of one kind come in rows, and so share it. */
let latest = plain;

/**
 * @param ifFull what the call does where there is no room, unless its options say
 * @throws QuorateError: a bad option, an aborted signal, a deadline in the past
 */
export function lowerCallOptions(
  call: "run" | "runBatch" | "stream",
  options: BatchCallOptions,
  ifFull: OnFull,
): NativeCallOptions {
  if (options === noOptions) return ifFull === "wait" ? plainWaiting : plain;
  checkOptions(call, options);
  const { signal, deadlineMs = Number.POSITIVE_INFINITY } = options;
  if (signal?.aborted) throw abortedBy(signal);
  if (deadlineMs <= 0) {
    throw new QuorateError(
      "QUORATE_ERR_DEADLINE",
      `the deadline has passed before the call: deadlineMs is ${deadlineMs}.`,
    );
  }
  return lowered(options, deadlineMs === Number.POSITIVE_INFINITY ? 0 : deadlineMs, ifFull);
}

function lowered(options: BatchCallOptions, deadlineMs: number, ifFull: OnFull): NativeCallOptions {
  const { onDeadline = "reject", priority = defaultPriority, onFull = ifFull, trace = false, copy = false } = options;
  const degradeOnDeadline = onDeadline === "degrade";
  const detail = trace ? "votes" : "answers";
  const wait = onFull === "wait";
  const same =
    latest.priority === priority &&
    latest.deadlineMs === deadlineMs &&
    latest.degradeOnDeadline === degradeOnDeadline &&
    latest.detail === detail &&
    latest.wait === wait &&
    latest.copy === copy;
  if (!same) latest = { priority, deadlineMs, degradeOnDeadline, detail, wait, copy };
  return latest;
}

/** The error of a call whose signal aborted; the signal's reason is its cause. */
export function abortedBy(signal: AbortSignal | undefined): QuorateError {
  return new QuorateError("QUORATE_ERR_ABORTED", "the call was aborted.", { cause: signal?.reason });
}
