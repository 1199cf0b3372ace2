/** What a rule means for a tier of k members: its length, its votes, its words. */
import type { MeasureRule, Rule } from "./rules.js";

/** The longest program the engine runs. */
export const maxRuleLength = 32;

/** Votes that an agreement threshold asks of `members` members. */
export function agreementVotes(threshold: number, members: number): number {
  return Math.max(1, Math.ceil(members * (threshold - 1e-6)));
}

/** Operations of the rule's program: one for each of its parts. */
export function ruleLength(rule: Rule): number {
  return "rules" in rule ? rule.rules.reduce((sum, part) => sum + ruleLength(part), 1) : 1;
}

/** Every measure the rule compares. */
export function measuresOf(rule: Rule): ReadonlySet<MeasureRule["kind"]> {
  switch (rule.kind) {
    case "score":
    case "confidence":
    case "margin":
    case "entropy":
      return new Set([rule.kind]);
    case "allOf":
    case "anyOf":
      return new Set(rule.rules.flatMap((part) => [...measuresOf(part)]));
    default:
      return new Set();
  }
}

/** The fewest votes with which the rule can hold; undefined when it does not ask for votes. */
export function requiredVotes(rule: Rule, members: number): number | undefined {
  switch (rule.kind) {
    case "votes":
      return rule.votes;
    case "agreement":
      return agreementVotes(rule.threshold, members);
    case "allOf": {
      const needed = rule.rules.map((part) => requiredVotes(part, members) ?? 0);
      return Math.max(...needed) || undefined;
    }
    case "anyOf": {
      const needed = rule.rules.map((part) => requiredVotes(part, members) ?? 0);
      return Math.min(...needed) || undefined;
    }
    default:
      return undefined;
  }
}

/** The rule for people, as "votes >= 3 of 3 and score >= 0.8". */
export function describeRule(rule: Rule, members: number): string {
  switch (rule.kind) {
    case "votes":
    case "agreement":
      return `votes >= ${requiredVotes(rule, members)} of ${members}`;
    case "score":
    case "confidence":
    case "margin":
      return `${rule.kind} >= ${rule.threshold}`;
    case "entropy":
      return `entropy <= ${rule.threshold}`;
    case "allOf":
    case "anyOf":
      return rule.rules
        .map((part) =>
          "rules" in part && part.rules.length > 1 ? `(${describeRule(part, members)})` : describeRule(part, members),
        )
        .join(rule.kind === "allOf" ? " and " : " or ");
    case "always":
    case "never":
      return rule.kind;
  }
}
