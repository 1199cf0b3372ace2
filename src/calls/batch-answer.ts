/** The answers of one `runBatch` call. */

import { invalidArgument, type QuorateError } from "../errors.js";
import { type NativeColumns, rowFlag } from "../native/contract.js";
import type { Measure } from "../spec/columns.js";
import { type Answer, answerAt, type Legend } from "./answer.js";
import { rowError } from "./row-errors.js";

/** How a row of a batch ended. */
export type RowStatus = "ok" | "invalid" | "failed" | "cancelled" | "expired" | "rejected";

/** The values of `BatchAnswer.status` by name: "ok" and "invalid" rows have an answer. */
export const rowStatusNames: readonly RowStatus[] = ["ok", "invalid", "failed", "cancelled", "expired", "rejected"];

/**
 * The answers of a batch as columns, row i of the call at index i. Rows without an answer (status failed, cancelled,
 * expired, rejected) have label -1.
 */
export class BatchAnswer {
  readonly #columns: NativeColumns;
  readonly #legend: Legend;
  readonly #flags = new Map<number, Uint8Array>();
  #agreement: Float32Array | undefined;
  /** Distinct errors of the rows, few. */
  readonly errors: readonly QuorateError[];

  /** @internal */
  constructor(columns: NativeColumns, errors: readonly QuorateError[], legend: Legend) {
    this.#columns = columns;
    this.#legend = legend;
    this.errors = errors;
  }

  /** Number of rows. */
  get count(): number {
    return this.#columns.count;
  }
  /** [count] class index, -1 = none. */
  get labels(): Int32Array {
    return this.#columns.label;
  }
  /** [count] index of the tier that answered. */
  get tiers(): Uint8Array {
    return this.#columns.tierIndex;
  }
  /** [count] members of that tier that voted for the label. */
  get votes(): Uint8Array {
    return this.#columns.votes;
  }
  /** [count] 0 ok, 1 invalid, 2 failed, 3 cancelled, 4 expired, 5 rejected: an index into `rowStatusNames`. */
  get status(): Uint8Array {
    return this.#columns.status;
  }
  /** [count] votes / members. */
  get agreement(): Float32Array {
    const { votes, voters } = this.#columns;
    this.#agreement ??= Float32Array.from(votes, (count, i) => count / (voters[i] || 1));
    return this.#agreement;
  }
  /** [count] mean score of the label; NaN on tiers that only give labels. @throws unless in `measures` */
  get score(): Float32Array {
    return this.#measure("score");
  }
  /** [count] largest mean score, as `score`. */
  get confidence(): Float32Array {
    return this.#measure("confidence");
  }
  /** [count] largest minus second largest mean score, as `score`. */
  get margin(): Float32Array {
    return this.#measure("margin");
  }
  /** [count] entropy of the mean scores, as `score`. */
  get entropy(): Float32Array {
    return this.#measure("entropy");
  }
  /** [count] 1 where at least one member gave a valid vote. */
  get valid(): Uint8Array {
    return this.#flag(rowFlag.valid);
  }
  /** [count] 1 where the answering tier's rule holds. */
  get agreed(): Uint8Array {
    return this.#flag(rowFlag.agreed);
  }
  /** [count] 1 where sequential execution stopped early. */
  get partial(): Uint8Array {
    return this.#flag(rowFlag.partial);
  }
  /** [count] 1 where an earlier tier's answer was used because a later one was full, failed or too late. */
  get degraded(): Uint8Array {
    return this.#flag(rowFlag.degraded);
  }

  /** The answer of row `i`. @throws the row's error when it has none; QuorateError when there is no row `i` */
  at(i: number): Answer {
    const error = this.errorAt(i);
    if (error !== undefined) throw error;
    return answerAt(this.#columns, i, this.#legend);
  }

  /** Why row `i` has no answer; undefined when it has one. */
  errorAt(i: number): QuorateError | undefined {
    if (!(Number.isInteger(i) && i >= 0 && i < this.count)) {
      throw invalidArgument(`row ${String(i)} does not exist, expected 0 to ${this.count - 1}.`);
    }
    if ((this.status[i] ?? 0) <= 1) return undefined;
    return rowError(this.#columns, i, this.errors);
  }

  #measure(name: Measure): Float32Array {
    const column = this.#columns[name];
    if (column === undefined) throw invalidArgument(`the cascade does not report ${name}: add it to its \`measures\`.`);
    return column;
  }

  #flag(bit: number): Uint8Array {
    const known = this.#flags.get(bit);
    if (known !== undefined) return known;
    const column = this.#columns.flags.map((flags) => ((flags & bit) === 0 ? 0 : 1));
    this.#flags.set(bit, column);
    return column;
  }
}
