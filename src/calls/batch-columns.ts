/** A batch's columns as plain data, for `console.log` and `JSON.stringify`. */
import type { QuorateErrorCode } from "../errors.js";
import type { Measure } from "../spec/columns.js";
import type { TraceTier } from "./answer.js";
import { type RowStatus, rowStatusNames } from "./batch-row.js";

/** What every batch has; `BatchAnswer` documents each. */
interface Columns extends Readonly<Record<Measure, Float32Array>> {
  readonly count: number;
  readonly status: Uint8Array;
  readonly label: Int32Array;
  readonly labelName: readonly (string | null)[] | null;
  readonly tierIndex: Uint8Array;
  readonly votes: Uint8Array;
  readonly agreement: Float32Array;
  readonly agreed: Uint8Array;
  readonly valid: Uint8Array;
  readonly degraded: Uint8Array;
  readonly partial: Uint8Array;
  readonly trace: readonly (readonly TraceTier[])[] | null;
  readonly errors: readonly { readonly code: QuorateErrorCode; readonly message: string }[];
}

/** The measures that the cascade does not report are absent. */
export interface BatchAnswerJson extends Readonly<Partial<Record<Measure, readonly (number | null)[]>>> {
  readonly count: number;
  readonly status: readonly RowStatus[];
  readonly label: readonly number[];
  /** Absent unless the cascade's `classes` are names. */
  readonly labelName?: readonly (string | null)[];
  readonly tierIndex: readonly number[];
  readonly votes: readonly number[];
  readonly agreement: readonly number[];
  readonly agreed: readonly boolean[];
  readonly valid: readonly boolean[];
  readonly degraded: readonly boolean[];
  readonly partial: readonly boolean[];
  /** Absent unless the call asked for it. */
  readonly trace?: readonly (readonly TraceTier[])[];
  readonly errors: readonly { readonly code: QuorateErrorCode; readonly message: string }[];
}

/** @param measures those that the cascade reports */
export function columnsJson(batch: Columns, measures: readonly Measure[]): BatchAnswerJson {
  const flags = (column: Uint8Array): boolean[] => Array.from(column, (flag) => flag !== 0);
  return {
    count: batch.count,
    status: Array.from(batch.status, (code) => rowStatusNames[code] ?? "failed"),
    label: [...batch.label],
    ...(batch.labelName === null ? {} : { labelName: batch.labelName }),
    tierIndex: [...batch.tierIndex],
    votes: [...batch.votes],
    agreement: [...batch.agreement],
    ...Object.fromEntries(measures.map((name) => [name, Array.from(batch[name], numberOrNull)])),
    agreed: flags(batch.agreed),
    valid: flags(batch.valid),
    degraded: flags(batch.degraded),
    partial: flags(batch.partial),
    ...(batch.trace === null ? {} : { trace: batch.trace }),
    errors: batch.errors.map(({ code, message }) => ({ code, message })),
  };
}

/** @param measures those that the cascade reports */
export function shownColumns(batch: Columns, measures: readonly Measure[]): object {
  const { count, status, label, labelName, tierIndex, votes, agreement, trace, errors } = batch;
  const { agreed, valid, degraded, partial } = batch;
  const answers = { label, ...(labelName === null ? {} : { labelName }), tierIndex, votes, agreement };
  const own = Object.fromEntries(measures.map((name) => [name, batch[name]]));
  const flags = { agreed, valid, degraded, partial };
  return { count, status, ...answers, ...own, ...flags, ...(trace === null ? {} : { trace }), errors };
}

function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
