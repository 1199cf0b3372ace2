/** One row of a batch: its answer, or why it has none. */
import type { QuorateError } from "../errors.js";
import type { Answer } from "./answer.js";

/** How a row of a batch ended. */
export type RowStatus = "ok" | "invalid" | "failed" | "cancelled" | "expired" | "rejected";

/** The values of `BatchAnswer.status` by name: "ok" and "invalid" rows have an answer. */
export const rowStatusNames: readonly RowStatus[] = ["ok", "invalid", "failed", "cancelled", "expired", "rejected"];

/** A row with an answer; "invalid": no member gave a valid vote, so its label is -1. */
export interface AnsweredRow extends Answer {
  readonly status: "ok" | "invalid";
  readonly error: null;
}

/** A row without an answer. */
export interface UnansweredRow {
  readonly status: "failed" | "cancelled" | "expired" | "rejected";
  readonly error: QuorateError;
}

/** What `BatchAnswer.at` gives; `status` tells which of the two it is. */
export type BatchRow = AnsweredRow | UnansweredRow;
