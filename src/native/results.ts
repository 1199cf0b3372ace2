/** What the addon gives for rows. Times are nanoseconds. */
import type { ResultColumns } from "../spec/columns.js";
import type { TensorData } from "../spec/element-type.js";

export interface NativeError {
  /** A QUORATE_ERR_* code. */
  readonly code: string;
  readonly message: string;
  /** The number that came with it out of JavaScript: of what a function member or a lazy tensor threw; absent: none. */
  readonly cause?: number;
}

/** Bits of the `flags` column: RowFlag of native/kernels/columns.h. */
export const rowFlag = { exit: 1, tied: 2, valid: 4, agreed: 8, partial: 16, degraded: 32 } as const;

/** Values of the `status` column. */
export const rowStatus = { ok: 0, invalid: 1, failed: 2, cancelled: 3, expired: 4, rejected: 5 } as const;

/** Result columns of `count` rows, in the order of the call. */
export interface NativeColumns extends ResultColumns {
  readonly count: number;
  /** Distinct errors of these rows. */
  readonly errors: readonly NativeError[];
  /** Present when some row asked for a trace: one entry per row, undefined for rows that did not. */
  readonly traces?: readonly (readonly NativeTraceTier[] | undefined)[];
  /**
   * With detail "outputs": [tier][member] that member's output of every row, in the cascade's order of classes. No
   * entries for a tier that no row reached; NaN, or -1 as a label, for rows on which the member failed or did not run;
   * -2 for a label that is no class.
   */
  readonly outputs?: readonly (readonly TensorData[])[];
}

/** One visited tier of a traced row. */
export interface NativeTraceTier {
  readonly tier: number;
  readonly label: number;
  readonly votes: number;
  readonly flags: number;
  readonly score: number;
  /** Per member: vote (-1 = abstained) and its score for that vote. */
  readonly memberVotes: Int32Array;
  readonly memberScores: Float32Array;
  /** Per member: why it has no vote on this row, null where it did not fail. Absent: none failed. */
  readonly memberErrors?: readonly (NativeError | null)[];
  readonly queueNs: number;
  readonly runNs: number;
  readonly batchRows: number;
}

/** Single rows that settled together. The arrays may be longer than `count`. */
export interface NativeRows extends NativeColumns {
  readonly ids: Float64Array;
}
