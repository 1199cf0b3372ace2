/** One row's answer, and how it is read out of result columns. */
import { type NativeColumns, type NativeTraceTier, rowFlag } from "../native/contract.js";

/** The answer for one row. */
export interface Answer {
  /** Class index in the cascade's order; -1 when no member gave a valid vote. */
  readonly label: number;
  /** The class's name, when the cascade's `classes` are names and the answer is valid. */
  readonly labelName?: string;
  /** Name of the tier that answered. */
  readonly tier: string;
  readonly tierIndex: number;
  /** Members of that tier that voted for the label. */
  readonly votes: number;
  /** votes / members, in [0, 1]. */
  readonly agreement: number;
  /** Mean score of the label, in [0, 1]; absent on tiers that only give labels. */
  readonly score?: number;
  /** Largest mean score of any label; absent as `score`. */
  readonly confidence?: number;
  /** Largest minus second largest mean score; absent as `score`. */
  readonly margin?: number;
  /** Entropy of the mean scores over ln C, in [0, 1]; absent as `score`, and unless asked for in `measures`. */
  readonly entropy?: number;
  /** The tier's rule holds; without a rule, the vote is valid and not tied. */
  readonly agreed: boolean;
  /** At least one member gave a valid vote. */
  readonly valid: boolean;
  /** An earlier tier's answer, because a later one was full, failed or too late. */
  readonly degraded: boolean;
  /** Sequential execution stopped early: votes and measures cover the members that ran. */
  readonly partial: boolean;
  /** Present when the call asked for it: the tiers the row visited, in order. */
  readonly trace?: readonly TraceTier[];
}

/** One tier that a traced row visited. */
export interface TraceTier {
  readonly tier: string;
  readonly tierIndex: number;
  readonly label: number;
  readonly votes: number;
  readonly tied: boolean;
  readonly agreed: boolean;
  /** Absent on tiers that only give labels. */
  readonly score?: number;
  readonly members: readonly TraceMember[];
  /** Milliseconds the row waited in this tier, until a thread took its batch up, and its batch's members ran. */
  readonly queueMs: number;
  readonly runMs: number;
  /** Rows of that batch. */
  readonly batchRows: number;
  /** FLOPs of the members on this row; absent before `cost()` or `explain()` measured them, or when unknown. */
  readonly flops?: number;
}

/** One member's part in a traced tier. */
export interface TraceMember {
  readonly member: string;
  /** Absent when the member abstained. */
  readonly vote?: number;
  /** Its score for its vote; absent when it abstained or gives labels. */
  readonly score?: number;
}

/** What the numbers in columns stand for. */
export interface Legend {
  readonly classNames: readonly string[] | undefined;
  readonly tiers: readonly { readonly name: string; readonly members: readonly string[] }[];
  /** FLOPs per row, [tier][member], -1 = unknown; undefined before they are measured. */
  readonly flops: readonly (readonly number[])[] | undefined;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The answer in row `i` of the columns; the row must have one. */
export function answerAt(columns: NativeColumns, i: number, legend: Legend): Answer {
  const label = columns.label[i] ?? -1;
  const tierIndex = columns.tierIndex[i] ?? 0;
  const votes = columns.votes[i] ?? 0;
  const flags = columns.flags[i] ?? 0;
  const tier = legend.tiers[tierIndex]?.name ?? "";
  const agreement = votes / (columns.voters[i] || 1);
  const agreed = (flags & rowFlag.agreed) !== 0;
  const valid = (flags & rowFlag.valid) !== 0;
  const degraded = (flags & rowFlag.degraded) !== 0;
  const partial = (flags & rowFlag.partial) !== 0;
  const score = columns.score?.[i];
  const confidence = columns.confidence?.[i];
  const margin = columns.margin?.[i];
  const entropy = columns.entropy?.[i];
  const answer: Writable<Answer> =
    isNumber(score) && isNumber(confidence) && isNumber(margin)
      ? // One literal for the common case: adding fields one by one costs more than all the rest.
        { label, tier, tierIndex, votes, agreement, score, confidence, margin, agreed, valid, degraded, partial }
      : {
          label,
          tier,
          tierIndex,
          votes,
          agreement,
          agreed,
          valid,
          degraded,
          partial,
          ...(isNumber(score) ? { score } : {}),
          ...(isNumber(confidence) ? { confidence } : {}),
          ...(isNumber(margin) ? { margin } : {}),
        };
  const labelName = legend.classNames?.[label];
  if (labelName !== undefined) answer.labelName = labelName;
  if (isNumber(entropy)) answer.entropy = entropy;
  const trace = columns.traces?.[i];
  if (trace !== undefined) answer.trace = trace.map((tier) => traceTier(tier, legend));
  return answer;
}

function traceTier(native: NativeTraceTier, legend: Legend): TraceTier {
  const tier = legend.tiers[native.tier];
  const flops = legend.flops?.[native.tier];
  return {
    tier: tier?.name ?? "",
    tierIndex: native.tier,
    label: native.label,
    votes: native.votes,
    tied: (native.flags & rowFlag.tied) !== 0,
    agreed: (native.flags & rowFlag.agreed) !== 0,
    ...(isNumber(native.score) ? { score: native.score } : {}),
    members: (tier?.members ?? []).map((member, m) => {
      const vote = native.memberVotes[m] ?? -1;
      const score = native.memberScores[m];
      return { member, ...(vote < 0 ? {} : { vote, ...(isNumber(score) ? { score } : {}) }) };
    }),
    queueMs: native.queueUs / 1000,
    runMs: native.runUs / 1000,
    batchRows: native.batchRows,
    ...(flops?.every((figure) => figure >= 0) ? { flops: flops.reduce((sum, figure) => sum + figure, 0) } : {}),
  };
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined && !Number.isNaN(value);
}
