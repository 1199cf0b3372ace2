/** One row's answer, and how it is read out of result columns. */
import { type QuorateErrorCode, toCode } from "../errors.js";
import { type NativeColumns, type NativeError, type NativeTraceTier, rowFlag } from "../native/results.js";
import { shownWhole } from "./show.js";

/** The answer for one row. */
export interface Answer {
  /** Class index in the cascade's order; -1 when no member gave a valid vote. */
  readonly label: number;
  /** The class's name; null unless the cascade's `classes` are names and the answer is valid. */
  readonly labelName: string | null;
  /** Name of the tier that answered. */
  readonly tier: string;
  readonly tierIndex: number;
  /** Members of that tier that voted for the label. */
  readonly votes: number;
  /** votes / members, in [0, 1]. */
  readonly agreement: number;
  /** Mean score of the label, in [0, 1]; null on tiers that only give labels, and unless in `measures`. */
  readonly score: number | null;
  /** Largest mean score of any label; null as `score`. */
  readonly confidence: number | null;
  /** Largest minus second largest mean score; null as `score`. */
  readonly margin: number | null;
  /** Entropy of the mean scores over ln C, in [0, 1]; null as `score`. */
  readonly entropy: number | null;
  /** The tier's rule holds; without a rule, the vote is valid and not tied. */
  readonly agreed: boolean;
  /** At least one member gave a valid vote. */
  readonly valid: boolean;
  /** An earlier tier's answer, because a later one was full, failed or too late. */
  readonly degraded: boolean;
  /** Sequential execution stopped early: votes and measures cover the members that ran. */
  readonly partial: boolean;
  /** The tiers the row visited, in order; null unless the call asked for it. */
  readonly trace: readonly TraceTier[] | null;
}

/** One tier that a traced row visited. */
export interface TraceTier {
  readonly tier: string;
  readonly tierIndex: number;
  readonly label: number;
  readonly votes: number;
  readonly tied: boolean;
  readonly agreed: boolean;
  /** null on tiers that only give labels. */
  readonly score: number | null;
  readonly members: readonly TraceMember[];
  /** Milliseconds the row waited in this tier, until a thread took its batch up, and its batch's members ran. */
  readonly queueMs: number;
  readonly runMs: number;
  /** Rows of that batch. */
  readonly batchRows: number;
  /** FLOPs of the members on this row; null before `cost()` or `explain()` measured them, or when unknown. */
  readonly flops: number | null;
}

/** One member's part in a traced tier. */
export interface TraceMember {
  readonly member: string;
  /** null when the member abstained. */
  readonly vote: number | null;
  /** Its score for its vote; null when it abstained or gives labels. */
  readonly score: number | null;
  /** Why it failed on this row, which cost the row its vote; null: it did not fail. */
  readonly error: MemberFailure | null;
}

/** Why a member failed. */
export interface MemberFailure {
  readonly code: QuorateErrorCode;
  readonly message: string;
}

/** What the numbers in columns stand for. */
export interface Legend {
  readonly classNames: readonly string[] | null;
  readonly tiers: readonly { readonly name: string; readonly members: readonly string[] }[];
  /** FLOPs per row, [tier][member], null = unknown; undefined before they are measured. */
  readonly flops: readonly (readonly (number | null)[])[] | undefined;
}

/** The answer in row `i` of the columns; the row must have one. */
export function answerAt(columns: NativeColumns, i: number, legend: Legend): Answer {
  const label = columns.label[i] ?? -1;
  const tierIndex = columns.tierIndex[i] ?? 0;
  const votes = columns.votes[i] ?? 0;
  const flags = columns.flags[i] ?? 0;
  // One literal: adding fields one by one costs more than all the rest.
  const answer = {
    label,
    labelName: legend.classNames?.[label] ?? null,
    tier: legend.tiers[tierIndex]?.name ?? "",
    tierIndex,
    votes,
    agreement: votes / (columns.voters[i] || 1),
    score: known(columns.score?.[i]),
    confidence: known(columns.confidence?.[i]),
    margin: known(columns.margin?.[i]),
    entropy: known(columns.entropy?.[i]),
    agreed: (flags & rowFlag.agreed) !== 0,
    valid: (flags & rowFlag.valid) !== 0,
    degraded: (flags & rowFlag.degraded) !== 0,
    partial: (flags & rowFlag.partial) !== 0,
    trace: traceAt(columns, i, legend),
  };
  return shownAnswer(answer);
}

/** The trace of row `i`, whether or not the row has an answer; null when the call asked for none. */
export function traceAt(columns: NativeColumns, i: number, legend: Legend): readonly TraceTier[] | null {
  const trace = columns.traces?.[i];
  return trace === undefined ? null : lifted(trace, legend);
}

function lifted(trace: readonly NativeTraceTier[], legend: Legend): TraceTier[] {
  return trace.map((tier) => traceTier(tier, legend));
}

/** The same answer; with a trace, `console.log` shows all of it. */
export function shownAnswer<T extends Answer>(answer: T): T {
  return answer.trace === null ? answer : shownWhole(answer);
}

function traceTier(native: NativeTraceTier, legend: Legend): TraceTier {
  const tier = legend.tiers[native.tier];
  return {
    tier: tier?.name ?? "",
    tierIndex: native.tier,
    label: native.label,
    votes: native.votes,
    tied: (native.flags & rowFlag.tied) !== 0,
    agreed: (native.flags & rowFlag.agreed) !== 0,
    score: known(native.score),
    members: (tier?.members ?? []).map((member, m) => {
      const vote = native.memberVotes[m] ?? -1;
      const error = failureOf(native.memberErrors?.[m]);
      if (vote < 0) return { member, vote: null, score: null, error };
      return { member, vote, score: known(native.memberScores[m]), error };
    }),
    queueMs: native.queueNs / 1e6,
    runMs: native.runNs / 1e6,
    batchRows: native.batchRows,
    flops: sumOrNull(legend.flops?.[native.tier] ?? [null]),
  };
}

function failureOf(error: NativeError | null | undefined): MemberFailure | null {
  return error ? { code: toCode(error.code), message: error.message } : null;
}

/** The sum; null when one is unknown. */
export function sumOrNull(members: readonly (number | null)[]): number | null {
  return members.reduce((sum, figure) => (sum === null || figure === null ? null : sum + figure), 0);
}

/** NaN and absent columns mean unknown. */
function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
