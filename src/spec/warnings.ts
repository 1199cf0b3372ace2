/** Things that work but are seldom meant, as far as the specification alone shows them. */
import { tierMeasures } from "./check.js";
import type { TierSpec } from "./options.js";
import type { ResolvedSpec, ResolvedTier } from "./resolve.js";
import { describeRule } from "./rule-meaning.js";
import type { Rule } from "./rules.js";

export function specWarnings({ tiers, given }: ResolvedSpec): string[] {
  return [
    ...tiers.flatMap(measureWarnings),
    ...tiers.slice(0, -1).flatMap(ruleWarnings),
    ...given.tiers.flatMap(cudaWarnings),
  ];
}

/** A single member votes for the label with the largest score: there is no other one. */
function measureWarnings(tier: ResolvedTier): string[] {
  const top = tierMeasures(tier).filter((measure) => measure !== "score");
  if (top.length === 0 || tier.combine === "mean" || tier.members.length === 1) return [];
  return [
    `tier "${tier.name}": ${top.join(", ")} judge${top.length === 1 ? "s" : ""} the label with the largest mean score, ` +
      'but combine "vote" may answer another one; use scoreAtLeast or combine: "mean".',
  ];
}

/** Of a tier that is not the last. What is always or never because it says so is meant. */
function ruleWarnings(tier: ResolvedTier): string[] {
  const { exitWhen: rule, members, name } = tier;
  if (rule === null || rule.kind === "always" || rule.kind === "never") return [];
  const words = `tier "${name}": the rule (${describeRule(rule, members.length)})`;
  if (holdsAlways(rule, members.length)) {
    const why = members.length === 1 ? " of its only member" : "";
    return [`${words} holds for every valid vote${why}, so later tiers see next to no rows.`];
  }
  if (holdsNever(rule)) return [`${words} can hold for no row, so every row goes on.`];
  const extreme = extremes(rule);
  if (extreme.length === 0) return [];
  return [`${words} asks for ${extreme.join(", ")}, which hardly any row reaches; every other row goes on.`];
}

function holdsAlways(rule: Rule, members: number): boolean {
  switch (rule.kind) {
    case "votes":
    case "agreement":
      return members === 1;
    case "score":
    case "confidence":
    case "margin":
      return rule.threshold === 0;
    case "entropy":
      return rule.threshold === 1;
    case "allOf":
      return rule.rules.every((part) => holdsAlways(part, members));
    case "anyOf":
      return rule.rules.some((part) => holdsAlways(part, members));
    case "always":
      return true;
    case "never":
      return false;
  }
}

function holdsNever(rule: Rule): boolean {
  if (rule.kind === "allOf") return rule.rules.some(holdsNever);
  if (rule.kind === "anyOf") return rule.rules.every(holdsNever);
  return rule.kind === "never";
}

/** Thresholds at the end of their range, without which the rule cannot hold. */
function extremes(rule: Rule): string[] {
  switch (rule.kind) {
    case "score":
    case "confidence":
    case "margin":
      return rule.threshold === 1 ? [`a ${rule.kind} of exactly 1`] : [];
    case "entropy":
      return rule.threshold === 0 ? ["an entropy of exactly 0"] : [];
    case "allOf":
      return rule.rules.flatMap(extremes);
    case "anyOf": {
      const parts = rule.rules.map(extremes);
      return parts.every((part) => part.length > 0) ? parts.flat() : [];
    }
    default:
      return [];
  }
}

function cudaWarnings(tier: TierSpec): string[] {
  if (tier.cuda === undefined || tier.device !== "cpu") return [];
  return [`tier "${tier.name}": its \`cuda\` options have no effect on the CPU, where its \`device\` places it.`];
}
