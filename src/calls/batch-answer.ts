/** The answers of a batch. */
import { invalidArgument, type QuorateError, quoted } from "../errors.js";
import { type NativeColumns, rowFlag } from "../native/results.js";
import { type Measure, measureBits } from "../spec/columns.js";
import { answerAt, type Legend, shownAnswer, type TraceTier, traceAt } from "./answer.js";
import { type BatchAnswerJson, columnsJson, shownColumns } from "./batch-columns.js";
import { type AnsweredRow, type BatchRow, rowStatusNames, type UnansweredRow } from "./batch-row.js";
import { hasAnswer, type RowErrors, rowError } from "./row-errors.js";
import { showAs } from "./show.js";

/**
 * The answers of a batch as columns: a column has the name of the answer's field, and row i of the call its value at
 * index i. Unknown numbers are NaN, where an Answer has null. Columns are getters: they are shown by `console.log` and
 * `JSON.stringify`, but a spread or `Object.keys` does not see them.
 */
export class BatchAnswer {
  static {
    showAs(BatchAnswer, (batch) => shownColumns(batch, batch.#reported()));
  }

  readonly #columns: NativeColumns;
  readonly #errors: RowErrors;
  readonly #legend: Legend;
  /** Columns that are made when they are asked for. */
  readonly #flags = new Map<number, Uint8Array>();
  #agreement: Float32Array | undefined;
  #unknown: Float32Array | undefined;
  #labelName: readonly (string | null)[] | undefined;
  #trace: readonly (readonly TraceTier[])[] | undefined;

  /** @internal */
  constructor(columns: NativeColumns, errors: RowErrors, legend: Legend) {
    this.#columns = columns;
    this.#errors = errors;
    this.#legend = legend;
  }

  /** Number of rows. */
  get count(): number {
    return this.#columns.count;
  }
  /** The rows' errors, one for all rows that failed together; `at(i).error` is that of row i. */
  get errors(): readonly QuorateError[] {
    return this.#errors.all;
  }
  /** [count] class index; -1 where no member gave a valid vote, and in rows without an answer. */
  get label(): Int32Array {
    return this.#columns.label;
  }
  /** [count] the classes' names, null where the label is -1; null as a whole unless the cascade's `classes` are names. */
  get labelName(): readonly (string | null)[] | null {
    const { classNames } = this.#legend;
    if (classNames === null) return null;
    this.#labelName ??= Array.from(this.label, (label) => classNames[label] ?? null);
    return this.#labelName;
  }
  /** [count] index of the tier that answered; of rows without an answer, the last one that the row had entered. */
  get tierIndex(): Uint8Array {
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
  /** [count] mean score of the label; NaN on tiers that only give labels, and everywhere unless in `measures`. */
  get score(): Float32Array {
    return this.#measure("score");
  }
  /** [count] largest mean score of any label; NaN as `score`. */
  get confidence(): Float32Array {
    return this.#measure("confidence");
  }
  /** [count] largest minus second largest mean score; NaN as `score`. */
  get margin(): Float32Array {
    return this.#measure("margin");
  }
  /** [count] entropy of the mean scores over ln C; NaN as `score`. */
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
  /** [count] the tiers that each row finished, with or without an answer; null as a whole unless the call asked for it. */
  get trace(): readonly (readonly TraceTier[])[] | null {
    if (this.#columns.traces === undefined) return null;
    this.#trace ??= Array.from({ length: this.count }, (_, i) => traceAt(this.#columns, i, this.#legend) ?? []);
    return this.#trace;
  }

  /**
   * Row `i` as an object, whether or not it has an answer: `status` says how it ended, in a word, and `error` why it
   * has no answer. It is made anew by every call: loops over many rows read columns.
   * @throws QuorateError when there is no row `i`
   */
  at(i: number): BatchRow {
    if (!(Number.isInteger(i) && i >= 0 && i < this.count)) {
      throw invalidArgument(`row ${quoted(i)} does not exist, expected 0 to ${this.count - 1}.`);
    }
    const status = rowStatusNames[this.status[i] ?? 0] ?? "failed";
    if (hasAnswer(this.#columns, i)) {
      const answer = answerAt(this.#columns, i, this.#legend);
      return shownAnswer({ status: status as AnsweredRow["status"], error: null, ...answer });
    }
    return { status: status as UnansweredRow["status"], error: rowError(this.#columns, i, this.#errors) };
  }

  /** Columns as lists, with null for unknown numbers and words for `status`. */
  toJSON(): BatchAnswerJson {
    return columnsJson(this, this.#reported());
  }

  /** The measures that the cascade reports. */
  #reported(): Measure[] {
    return measures.filter((name) => this.#columns[name] !== undefined);
  }

  #measure(name: Measure): Float32Array {
    const column = this.#columns[name];
    if (column !== undefined) return column;
    this.#unknown ??= new Float32Array(this.count).fill(Number.NaN);
    return this.#unknown;
  }

  #flag(bit: number): Uint8Array {
    const known = this.#flags.get(bit);
    if (known !== undefined) return known;
    const column = this.#columns.flags.map((flags) => ((flags & bit) === 0 ? 0 : 1));
    this.#flags.set(bit, column);
    return column;
  }
}

const measures = Object.keys(measureBits) as readonly Measure[];
