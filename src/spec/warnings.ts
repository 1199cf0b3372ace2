/** Things that work but are seldom meant. Each sentence is true whatever the rows are. */
import type { TierSpec } from "./options.js";
import type { ResolvedSpec, ResolvedTier } from "./resolve.js";
import { describeRule, measuresOf, requiredVotes } from "./rule-meaning.js";
import type { Rule } from "./rules.js";

/** @param classes their number, where the models have told it */
export function specWarnings(spec: ResolvedSpec, classes: number | null = spec.classes): string[] {
  return [...ruleWarnings(spec, classes), ...spec.given.tiers.flatMap(cudaWarnings)];
}

function cudaWarnings(tier: TierSpec): string[] {
  if (tier.cuda === undefined || tier.device !== "cpu") return [];
  return [`tier "${tier.name}": its \`cuda\` options have no effect on the CPU, where its \`device\` places it.`];
}

/** What a rule does to the rows that have a valid vote. */
type Effect = "all" | "none" | "some";

/** A sentence for each rule that no row decides, or that judges another label than the answer. */
function ruleWarnings({ tiers }: ResolvedSpec, classes: number | null): string[] {
  return tiers.flatMap((tier, t) => [
    ...otherLabelWarnings(tier),
    ...(t + 1 < tiers.length ? effectWarnings(tier, classes) : []),
  ]);
}

function otherLabelWarnings(tier: ResolvedTier): string[] {
  const rule = tier.exitWhen;
  if (rule === null || tier.combine === "mean") return [];
  const top = [...measuresOf(rule)].filter((measure) => measure !== "score");
  const k = tier.members.length;
  // Where all members vote for a label, it has the largest mean of them, too.
  const unanimous = k === 1 || requiredVotes(rule, k) === k;
  if (top.length === 0 || (unanimous && tier.evidence === "tier")) return [];
  return [
    `tier "${tier.name}": ${top.join(", ")} judge${top.length === 1 ? "s" : ""} the label with the largest mean score, ` +
      'but combine "vote" may answer another one; use scoreAtLeast or combine: "mean".',
  ];
}

/** `always` and `never` say what they do. */
function effectWarnings(tier: ResolvedTier, classes: number | null): string[] {
  const rule = tier.exitWhen;
  if (rule === null || rule.kind === "always" || rule.kind === "never") return [];
  const text = `tier "${tier.name}": ${describeRule(rule, tier.members.length)}`;
  switch (effectOf(rule, tier, classes)) {
    case "all":
      return [`${text} holds for every row with a valid vote, so later tiers get only rows without one.`];
    case "none":
      return [`${text} holds for no row, so all rows go on to the next tier.`];
    case "some":
      return extremes(rule).map(
        (part) => `tier "${tier.name}": ${part} holds only where scores are exactly 0 and 1, which few models give.`,
      );
  }
}

function effectOf(rule: Rule, tier: ResolvedTier, classes: number | null): Effect {
  switch (rule.kind) {
    case "votes":
    case "agreement": {
      const answersItsVote = tier.combine === "vote" || tier.evidence === "tier";
      return tier.members.length === 1 && answersItsVote ? "all" : "some";
    }
    case "score":
    case "confidence":
      return rule.threshold <= leastConfidence(tier, classes) ? "all" : "some";
    case "margin":
      return rule.threshold <= 0 ? "all" : "some";
    case "entropy":
      return rule.threshold >= 1 ? "all" : "some";
    case "allOf":
      return joined(rule.rules, "none", "all");
    case "anyOf":
      return joined(rule.rules, "all", "none");
    case "always":
      return "all";
    case "never":
      return "none";
  }

  /** One part with the first effect decides; so do all with the second. */
  function joined(parts: readonly Rule[], one: Effect, every: Effect): Effect {
    const effects = parts.map((part) => effectOf(part, tier, classes));
    if (effects.includes(one)) return one;
    return effects.every((effect) => effect === every) ? every : "some";
  }
}

/** Of C logits of one member some class has at least 1 / C; slack for their rounding. Of others, 0. */
function leastConfidence(tier: ResolvedTier, classes: number | null): number {
  const [member] = tier.members;
  const logits = member?.output === "logits" || (member?.kind === "model" && member.output === null);
  const alone = tier.members.length === 1 && tier.evidence === "tier";
  return alone && logits && classes !== null ? (1 - 1e-4) / classes : 0;
}

/** Parts that ask for the last bit of a measure. */
function extremes(rule: Rule): string[] {
  switch (rule.kind) {
    case "score":
    case "confidence":
    case "margin":
      return rule.threshold >= 1 ? [describeRule(rule, 1)] : [];
    case "entropy":
      return rule.threshold <= 0 ? [describeRule(rule, 1)] : [];
    case "allOf":
      return rule.rules.flatMap(extremes);
    default:
      return [];
  }
}
