/** What a function member returned, checked and as the addon takes it. */
import { types } from "node:util";
import { messageOf, quoted } from "../errors.js";
import type { NativeFailedRow } from "../native/contract.js";

/** A reply of the right shape. */
export interface CheckedReply {
  readonly data: Int32Array | Float32Array;
  /** Ascending. */
  readonly failedRows: readonly NativeFailedRow[];
}

/** What is asked for. */
export interface Expected {
  readonly count: number;
  readonly classes: number;
  /** Labels, else scores. */
  readonly labels: boolean;
}

/**
 * @param keep remembers an error in a row's place, by number
 * @returns the reply, or why it is none
 */
export function checkReply(reply: unknown, expected: Expected, keep: (error: Error) => number): CheckedReply | string {
  if (Array.isArray(reply)) return rowByRow(reply, expected, keep);
  const problem = arrayProblem(reply, expected);
  return problem ?? { data: reply as Int32Array | Float32Array, failedRows: [] };
}

/** Why `reply` is not the answer for all rows in one array. */
function arrayProblem(reply: unknown, expected: Expected): string | undefined {
  const name = types.isTypedArray(reply) ? reply[Symbol.toStringTag] : typeof reply;
  const { expectedName, shape, length: expectedLength } = wanted(expected);
  if (name !== expectedName) return `returned ${name}, expected ${expectedName} with ${shape}`;
  const { length } = reply as Int32Array | Float32Array;
  return length === expectedLength ? undefined : `returned ${length} values, expected ${expectedName} with ${shape}`;
}

function wanted({ count, classes, labels }: Expected): { expectedName: string; shape: string; length: number } {
  return labels
    ? { expectedName: "Int32Array", shape: `${count} labels`, length: count }
    : { expectedName: "Float32Array", shape: `${count} x ${classes} scores`, length: count * classes };
}

function rowByRow(
  reply: readonly unknown[],
  expected: Expected,
  keep: (error: Error) => number,
): CheckedReply | string {
  const { count, classes, labels } = expected;
  if (reply.length !== count) return `returned an array of ${reply.length} rows, expected ${count}`;
  const data = labels ? new Int32Array(count).fill(-1) : new Float32Array(count * classes).fill(Number.NaN);
  const errors: [row: number, error: Error][] = [];
  for (const [row, given] of reply.entries()) {
    if (isError(given)) {
      errors.push([row, given]);
      continue;
    }
    const problem = labels ? labelProblem(given) : scoresProblem(given, classes);
    if (problem !== undefined) return `returned for row ${row} ${problem}`;
    if (labels) data[row] = given as number;
    else data.set(given as Float32Array | readonly number[], row * classes);
  }
  const failedRows = errors.map(([row, error]) => ({ row, message: messageOf(error), cause: keep(error) }));
  return { data, failedRows };
}

function isError(given: unknown): given is Error {
  return given instanceof Error || types.isNativeError(given);
}

function labelProblem(given: unknown): string | undefined {
  const label = typeof given === "number" && (given | 0) === given;
  return label ? undefined : `${quoted(given)}, expected a label (a whole number, -1 = abstain) or an Error`;
}

function scoresProblem(given: unknown, classes: number): string | undefined {
  const scores = Array.isArray(given) ? given.every((score) => typeof score === "number") : isFloats(given);
  if (!scores) return `${quoted(given)}, expected an array of ${classes} scores or an Error`;
  const { length } = given as readonly number[] | Float32Array;
  return length === classes ? undefined : `${length} scores, expected ${classes}`;
}

function isFloats(given: unknown): given is Float32Array {
  return types.isTypedArray(given) && given[Symbol.toStringTag] === "Float32Array";
}
