/** What the functions that make rules are called, and what people give in place of what they return. */

/** The function that makes each kind of rule, for messages. */
export const ruleNames = {
  votes: "votesAtLeast",
  agreement: "agreementAtLeast",
  score: "scoreAtLeast",
  confidence: "confidenceAtLeast",
  margin: "marginAtLeast",
  entropy: "entropyAtMost",
  allOf: "allOf",
  anyOf: "anyOf",
  always: "always",
  never: "never",
} as const;

/** Why a value that should be a rule is none; undefined: the schema knows. */
export function ruleProblem(value: unknown): string | undefined {
  if (typeof value === "function") {
    const call = calls[value.name];
    if (call !== undefined) return `${value.name} is a function: call it, ${call}`;
    return `a function came${value.name === "" ? "" : `, ${value.name}`}, expected a rule: what one of ${names.join(", ")} returns`;
  }
  if (typeof value === "string" && calls[value] !== undefined) return `"${value}" is no rule: call ${calls[value]}`;
  if (Array.isArray(value)) return "an array came, expected a rule: allOf(first, second) joins several";
  return undefined;
}

const names = Object.values(ruleNames);

/** How each is called. */
const calls: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(ruleNames).flatMap(([kind, name]) => {
    const argument =
      { votes: "2", allOf: "first, second", anyOf: "first, second", always: "", never: "" }[kind] ?? "0.8";
    const call = `${name}(${argument})`;
    return [
      [name, call],
      [kind, call],
    ];
  }),
);
