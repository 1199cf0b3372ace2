/** The program of a rule, as the engine runs it. */
import { agreementVotes } from "../spec/rule-meaning.js";
import type { Rule } from "../spec/rules.js";
import type { NativeRuleOp } from "./lowered.js";

/** The rule in postfix order. The rule must have been checked. */
export function lowerRule(rule: Rule, members: number): NativeRuleOp[] {
  const leaf = { kind: rule.kind, arity: 0, votes: 0, threshold: 0 };
  switch (rule.kind) {
    case "votes":
      return [{ ...leaf, kind: "votes", votes: rule.votes }];
    case "agreement":
      return [{ ...leaf, kind: "votes", votes: agreementVotes(rule.threshold, members) }];
    case "score":
    case "confidence":
    case "margin":
    case "entropy":
      return [{ ...leaf, kind: rule.kind, threshold: rule.threshold }];
    case "allOf":
    case "anyOf":
      return [
        ...rule.rules.flatMap((part) => lowerRule(part, members)),
        { ...leaf, kind: rule.kind, arity: rule.rules.length },
      ];
    case "always":
    case "never":
      return [{ ...leaf, kind: rule.kind }];
  }
}
