/** Errors of single rows, out of result columns. */
import { QuorateError, type QuorateErrorCode, toCode } from "../errors.js";
import { type NativeColumns, type NativeError, rowStatus } from "../native/contract.js";
import type { Causes } from "./causes.js";

/** For rows that ended without an error of their own. */
const defaults: Readonly<Record<number, readonly [QuorateErrorCode, string]>> = {
  [rowStatus.failed]: ["QUORATE_ERR_INTERNAL", "the row failed without a reason."],
  [rowStatus.cancelled]: ["QUORATE_ERR_ABORTED", "the row was cancelled."],
  [rowStatus.expired]: ["QUORATE_ERR_DEADLINE", "the row's deadline passed."],
  [rowStatus.rejected]: ["QUORATE_ERR_QUEUE_FULL", "the row was rejected: a queue is full."],
};

/** The columns' distinct errors, each with its cause where it came from user code. */
export function columnErrors(columns: NativeColumns, causes: Causes): QuorateError[] {
  return columns.errors.map((error) => lifted(error, causes));
}

/** A new error for row `i` alone: errors have a stack, so making those of other rows too would cost far more. */
export function ownError(columns: NativeColumns, i: number, causes: Causes): QuorateError {
  const error = columns.errors[(columns.errorIndex[i] ?? 0) - 1];
  return error === undefined ? rowError(columns, i, []) : lifted(error, causes);
}

function lifted({ code, message, cause = 0 }: NativeError, causes: Causes): QuorateError {
  return new QuorateError(toCode(code), message, causes.optionsOf(cause));
}

/** True when the row has an answer, be it without a valid vote. */
export function hasAnswer(columns: NativeColumns, i: number): boolean {
  return (columns.status[i] ?? 0) <= rowStatus.invalid;
}

/** Why row `i` has no answer. */
export function rowError(columns: NativeColumns, i: number, errors: readonly QuorateError[]): QuorateError {
  const index = columns.errorIndex[i] ?? 0;
  // 65,535 is the last: an index has 16 bits.
  const known = index === 0 ? undefined : errors[Math.min(index, errors.length) - 1];
  if (known !== undefined) return known;
  const [code, message] = defaults[columns.status[i] ?? 0] ?? ["QUORATE_ERR_INTERNAL", "the row has no answer."];
  return new QuorateError(code, message);
}
