/** Errors of single rows, out of result columns. */
import { QuorateError, type QuorateErrorCode, toCode } from "../errors.js";
import { type NativeColumns, type NativeError, rowStatus } from "../native/results.js";
import type { Causes } from "./causes.js";

/** For rows that ended without an error of their own. */
const defaults: Readonly<Record<number, readonly [QuorateErrorCode, string]>> = {
  [rowStatus.failed]: ["QUORATE_ERR_INTERNAL", "the row failed without a reason."],
  [rowStatus.cancelled]: ["QUORATE_ERR_ABORTED", "the row was cancelled."],
  [rowStatus.expired]: ["QUORATE_ERR_DEADLINE", "the row's deadline passed."],
  [rowStatus.rejected]: ["QUORATE_ERR_QUEUE_FULL", "the row was rejected: a queue is full."],
};

/** A batch's distinct errors. Each has a stack, and there may be thousands: one is made when it is asked for. */
export class RowErrors {
  readonly #errors: readonly NativeError[];
  /** Taken at once: causes are forgotten when the batch has settled. */
  readonly #options: readonly { readonly cause?: unknown }[];
  readonly #made: (QuorateError | undefined)[] = [];
  #all: readonly QuorateError[] | undefined;

  constructor({ errors }: NativeColumns, causes: Causes) {
    this.#errors = errors;
    this.#options = errors.map(({ cause = 0 }) => causes.optionsOf(cause));
  }

  /** Each with its cause where it came from user code. */
  get all(): readonly QuorateError[] {
    this.#all ??= this.#errors.map((error, i) => this.#make(error, i));
    return this.#all;
  }

  /** The error of a row whose `errorIndex` is `index`; undefined: it has none. The same object every time. */
  get(index: number): QuorateError | undefined {
    if (index === 0) return undefined;
    // 65,535 stands for the last: an index has 16 bits.
    const i = Math.min(index, this.#errors.length) - 1;
    const error = this.#errors[i];
    return error === undefined ? undefined : this.#make(error, i);
  }

  #make({ code, message }: NativeError, i: number): QuorateError {
    this.#made[i] ??= new QuorateError(toCode(code), message, this.#options[i]);
    return this.#made[i];
  }
}

/** A new error for row `i` alone: errors have a stack, so making those of other rows too would cost far more. */
export function ownError(columns: NativeColumns, i: number, causes: Causes): QuorateError {
  const error = columns.errors[(columns.errorIndex[i] ?? 0) - 1];
  return error === undefined ? defaultError(columns, i) : lifted(error, causes);
}

function lifted({ code, message, cause = 0 }: NativeError, causes: Causes): QuorateError {
  return new QuorateError(toCode(code), message, causes.optionsOf(cause));
}

/** True when the row has an answer, be it without a valid vote. */
export function hasAnswer(columns: NativeColumns, i: number): boolean {
  return (columns.status[i] ?? 0) <= rowStatus.invalid;
}

/** Why row `i` has no answer. */
export function rowError(columns: NativeColumns, i: number, errors: RowErrors): QuorateError {
  return errors.get(columns.errorIndex[i] ?? 0) ?? defaultError(columns, i);
}

function defaultError(columns: NativeColumns, i: number): QuorateError {
  const [code, message] = defaults[columns.status[i] ?? 0] ?? ["QUORATE_ERR_INTERNAL", "the row has no answer."];
  return new QuorateError(code, message);
}
