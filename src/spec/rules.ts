/**
 * Deferral rules: when does a row leave at a tier? Rules are plain JSON data, the functions here
 * only check and build them. A measure exits when it reaches its threshold (>=, entropy <=).
 */
import { invalidArgument, outOfRange, quoted } from "../errors.js";
import { ruleNames, ruleProblem } from "./rule-names.js";

/** Exits when the answered label has at least `votes` votes and is not tied. */
export interface VotesRule {
  readonly kind: "votes";
  /** Integer, 1 ... members of the tier. */
  readonly votes: number;
}

/** Exits when at least this share of the members voted for the answered label, without a tie. */
export interface AgreementRule {
  readonly kind: "agreement";
  /** In (0, 1]. Becomes a number of votes: `max(1, ceil(members * (threshold - 1e-6)))`. */
  readonly threshold: number;
}

/** Exits when the measure reaches the threshold; for entropy, when it is at most the threshold. */
export interface MeasureRule {
  readonly kind: "score" | "confidence" | "margin" | "entropy";
  /** In [0, 1]; rounded to float32 once and compared in float32. */
  readonly threshold: number;
}

/** Exits when all (any) of its rules, at least one, hold. */
export interface CompoundRule {
  readonly kind: "allOf" | "anyOf";
  readonly rules: readonly Rule[];
}

/** Exits always, or never. A row without a valid vote defers even under "always". */
export interface ConstantRule {
  readonly kind: "always" | "never";
}

/** When a row leaves at a tier. Plain data: it can be stored in `cascade.json` as it is. */
export type Rule = VotesRule | AgreementRule | MeasureRule | CompoundRule | ConstantRule;

/** The most members a tier can have, and so the most votes a rule can ask for. */
export const maxMembers = 64;

/**
 * @param votes integer >= 1; that the tier has so many members is checked when the cascade is built
 * @throws QuorateError named "RangeError"
 */
export function votesAtLeast(votes: number): VotesRule {
  if (!(Number.isInteger(votes) && votes >= 1 && votes <= maxMembers)) {
    throw outOfRange(`votesAtLeast: votes is ${quoted(votes)}, expected an integer from 1 to ${maxMembers}.`);
  }
  return { kind: "votes", votes };
}

/**
 * Integers behind it: 0.67 of 3 members asks for 3 votes, because 2/3 < 0.67; write `2 / 3` or `votesAtLeast(2)`.
 * @param threshold share of the members, in (0, 1]; 1 = unanimous
 * @throws QuorateError named "RangeError"
 */
export function agreementAtLeast(threshold: number): AgreementRule {
  if (!(threshold > 0 && threshold <= 1)) {
    throw outOfRange(`agreementAtLeast: threshold is ${quoted(threshold)}, expected a number in (0, 1].`);
  }
  return { kind: "agreement", threshold };
}

/** The members' mean score of the answered label. @throws QuorateError named "RangeError" outside [0, 1] */
export function scoreAtLeast(threshold: number): MeasureRule {
  return measureRule("score", threshold);
}

/** The largest mean score of any label. @throws QuorateError named "RangeError" outside [0, 1] */
export function confidenceAtLeast(threshold: number): MeasureRule {
  return measureRule("confidence", threshold);
}

/** Largest minus second largest mean score. @throws QuorateError named "RangeError" outside [0, 1] */
export function marginAtLeast(threshold: number): MeasureRule {
  return measureRule("margin", threshold);
}

/** Entropy of the mean scores over ln C, so in [0, 1]. @throws QuorateError named "RangeError" outside [0, 1] */
export function entropyAtMost(threshold: number): MeasureRule {
  return measureRule("entropy", threshold);
}

/** @throws QuorateError without a rule */
export function allOf(...rules: readonly Rule[]): CompoundRule {
  return compoundRule("allOf", rules);
}

/** @throws QuorateError without a rule */
export function anyOf(...rules: readonly Rule[]): CompoundRule {
  return compoundRule("anyOf", rules);
}

/** Every row with a valid vote leaves here. */
export function always(): ConstantRule {
  return { kind: "always" };
}

/** No row leaves here (unless the tier is the last). */
export function never(): ConstantRule {
  return { kind: "never" };
}

function measureRule(kind: MeasureRule["kind"], threshold: number): MeasureRule {
  if (!(threshold >= 0 && threshold <= 1)) {
    throw outOfRange(`${ruleNames[kind]}: threshold is ${quoted(threshold)}, expected a number in [0, 1].`);
  }
  return { kind, threshold };
}

function compoundRule(kind: CompoundRule["kind"], rules: readonly Rule[]): CompoundRule {
  const problem = rules.map(ruleProblem).find((text) => text !== undefined);
  if (problem !== undefined) throw invalidArgument(`${kind}: ${problem}.`);
  if (rules.length === 0) throw invalidArgument(`${kind}: expected at least one rule, got none.`);
  return { kind, rules };
}
