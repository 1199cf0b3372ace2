/**
 * What the parts of a specification must mean together, as far as the user's own spelling shows it. Their shape is
 * checked before, by `schema.ts`; what is lowered from them is checked again by native/plan/cascade_spec.cc, and what
 * only loaded models show by native/kernels/plan_needs.cc.
 */
import { existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { type QuorateProblem, quotedList } from "../errors.js";
import { flatConstant } from "./constants.js";
import type { ResolvedMember } from "./members.js";
import type { CascadeSpec, TierSpec } from "./options.js";
import { type ResolvedSpec, type ResolvedTier, resolveSpec, resolveTier } from "./resolve.js";
import { maxRuleLength, measuresOf, ruleLength } from "./rule-meaning.js";
import type { Rule } from "./rules.js";
import { shapeProblems } from "./schema.js";

/** Every problem that can be found without loading a model; model paths must be absolute by now. */
export function specProblems(spec: unknown): QuorateProblem[] {
  const shape = shapeProblems(spec);
  const tiers: unknown = (spec as { tiers?: unknown } | null | undefined)?.tiers;
  if (!Array.isArray(tiers)) return shape;
  const broken = (index: number): boolean => shape.some((p) => `${p.path}/`.startsWith(`/tiers/${index}/`));
  const { classes } = spec as CascadeSpec;
  const classNames = Array.isArray(classes) ? (classes as readonly string[]) : null;
  return [
    ...shape,
    ...duplicateNames(tiers),
    ...(tiers as readonly TierSpec[]).flatMap((tier, index) => {
      if (broken(index)) return [];
      return tierProblems(resolveTier(tier), classNames, `/tiers/${index}`, index === tiers.length - 1);
    }),
    ...(shape.length === 0 ? cascadeProblems(resolveSpec(spec as CascadeSpec)) : []),
  ];
}

/** Model files that are not there: for an error that never gets as far as loading them. */
export function missingFiles(spec: unknown): QuorateProblem[] {
  const tiers = (spec as Partial<CascadeSpec> | null | undefined)?.tiers;
  if (!Array.isArray(tiers)) return [];
  return (tiers as readonly (Partial<TierSpec> | null)[]).flatMap((tier, t) => {
    const members: readonly unknown[] = Array.isArray(tier?.members) ? tier.members : [];
    return members.flatMap((member, m) => {
      const model = typeof member === "string" ? member : (member as { model?: unknown } | null)?.model;
      if (typeof model !== "string" || model === "" || existsSync(model)) return [];
      const message = `tier "${tier?.name}", /tiers/${t}/members/${m}: there is no file "${model}".`;
      return [{ code: "QUORATE_ERR_MODEL_LOAD", path: `/tiers/${t}/members/${m}`, message } as const];
    });
  });
}

function problem(path: string, message: string): QuorateProblem {
  return { code: "QUORATE_ERR_INVALID_ARGUMENT", path, message };
}

function duplicateNames(tiers: readonly unknown[]): QuorateProblem[] {
  const names = tiers.map((tier) => (tier as { name?: unknown } | null)?.name);
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (typeof name !== "string" || first === index) return [];
    return [
      problem(
        `/tiers/${index}/name`,
        `tiers ${first} and ${index} are both named "${name}", expected different names.`,
      ),
    ];
  });
}

function cascadeProblems(spec: ResolvedSpec): QuorateProblem[] {
  const members = spec.tiers.flatMap((tier) => tier.members);
  const problems: QuorateProblem[] = constantProblems(spec.constants, "/constants", "");
  if (spec.classes === null && members.every((m) => m.kind === "function" || m.output === "label")) {
    problems.push(problem("/classes", "no member's model tells the number of classes: give the cascade `classes`."));
  }
  const declares = (member: ResolvedMember): boolean =>
    member.kind === "model" || member.inputs.some(({ type }) => type !== null);
  if (!members.some(declares)) {
    problems.push(
      problem("/tiers", "no model reads a tensor: a function member must declare `inputs` with type and rowShape."),
    );
  }
  return [...problems, ...raggedProblems(spec), ...namedLengthProblems(spec)];
}

function raggedProblems({ tensors, shapes }: ResolvedSpec): QuorateProblem[] {
  return Object.entries(tensors).flatMap(([name, { rowShape = ["length"] }]) => {
    const path = `/tensors/${name}`;
    const problems: QuorateProblem[] = [];
    if (name in shapes) problems.push(problem(path, `"${name}" has a shape in \`shapes\`: it cannot be ragged too.`));
    if (rowShape.some((size, i) => (typeof size === "string") !== (i === 0))) {
      problems.push(
        problem(
          `${path}/rowShape`,
          "expected the name of the length, then numbers: only the first dimension is ragged.",
        ),
      );
    }
    return problems;
  });
}

/** A function declares the length of a ragged tensor by its name. */
function namedLengthProblems({ tiers, tensors }: ResolvedSpec): QuorateProblem[] {
  return tiers.flatMap(({ members }, t) =>
    members.flatMap((member, m) => {
      const inputs = member.kind === "function" ? member.inputs : [];
      return inputs.flatMap(({ name, rowShape }) => {
        const ragged = tensors[name];
        const length = ragged && String(ragged.rowShape?.[0] ?? "length");
        const named = (rowShape ?? []).filter((size) => typeof size === "string");
        if (named.length === 0 || (named.length === 1 && rowShape?.[0] === length)) return [];
        const path = `/tiers/${t}/members/${m}/inputs/${name}`;
        const expected =
          length === undefined ? "numbers only: the tensor is not ragged" : `"${length}" first, then numbers`;
        return [problem(path, `"${name}" has row shape ${JSON.stringify(rowShape)}, expected ${expected}.`)];
      });
    }),
  );
}

function tierProblems(
  tier: ResolvedTier,
  classNames: readonly string[] | null,
  path: string,
  last: boolean,
): QuorateProblem[] {
  return [
    ...ruleProblems(tier, last, path),
    ...failureProblems(tier, last, path),
    ...labelOnlyProblems(tier, path),
    ...sameModelTwice(tier, path),
    ...tier.members.flatMap((member, m) => memberProblems(tier, member, classNames, `${path}/members/${m}`)),
  ];
}

/** The measures that the tier's rule compares. */
function tierMeasures({ exitWhen }: ResolvedTier): readonly string[] {
  return exitWhen === null ? [] : [...measuresOf(exitWhen)];
}

function ruleProblems(tier: ResolvedTier, last: boolean, path: string): QuorateProblem[] {
  const rule = tier.exitWhen;
  const place = `${path}/exitWhen`;
  if (rule === null) {
    return last
      ? []
      : [problem(path, `tier "${tier.name}" has no \`exitWhen\`: every tier but the last needs a rule.`)];
  }
  const k = tier.members.length;
  const problems = tooManyVotes(rule).map((votes) =>
    problem(
      place,
      `tier "${tier.name}": votesAtLeast(${votes}) can never hold, expected 1 to ${k}, the tier's members.`,
    ),
  );
  const length = ruleLength(rule);
  if (length > maxRuleLength) {
    problems.push(
      problem(place, `tier "${tier.name}": the rule has ${length} parts, expected at most ${maxRuleLength}.`),
    );
  }
  return problems;

  function tooManyVotes(part: Rule): number[] {
    if (part.kind === "votes") return part.votes > k ? [part.votes] : [];
    return "rules" in part ? part.rules.flatMap(tooManyVotes) : [];
  }
}

function failureProblems(tier: ResolvedTier, last: boolean, path: string): QuorateProblem[] {
  if (!last || tier.onFailure !== "defer") return [];
  const message = `tier "${tier.name}" is the last: there is no tier to defer to, expected onFailure "reject" or "degrade".`;
  return [problem(`${path}/onFailure`, message)];
}

/** A tier whose members all give labels has no scores; one that mixes them with scores has no meaning. */
function labelOnlyProblems(tier: ResolvedTier, path: string): QuorateProblem[] {
  const outputs = tier.members.map((member) => member.output);
  const labels = outputs.filter((output) => output === "label").length;
  if (labels === 0) return [];
  if (outputs.some((output) => output !== null && output !== "label")) {
    return [
      problem(`${path}/members`, `tier "${tier.name}" mixes members that give labels with members that give scores.`),
    ];
  }
  if (labels < outputs.length) return [];
  const needs = tierMeasures(tier).map((measure) => `the rule's ${measure}`);
  if (tier.combine === "mean") needs.push('combine: "mean"');
  if (tier.evidence === "cumulative") needs.push('evidence: "cumulative"');
  return needs.map((what) =>
    problem(path, `tier "${tier.name}": ${what} needs scores, but its members give only labels.`),
  );
}

/** The same model on the same inputs votes twice; on other inputs it is test-time augmentation. */
function sameModelTwice(tier: ResolvedTier, path: string): QuorateProblem[] {
  const keys = tier.members.map((member) => ({
    source: member.kind === "function" ? member.run : member.model,
    inputs: JSON.stringify(member.kind === "function" ? member.inputs : Object.entries(member.inputs).sort()),
    constants: member.kind === "function" ? {} : member.constants,
  }));
  return keys.flatMap((key, m) => {
    const first = keys.findIndex(
      (other) =>
        other.source === key.source && other.inputs === key.inputs && isDeepStrictEqual(other.constants, key.constants),
    );
    const member = tier.members[m];
    if (first === m || member === undefined) return [];
    return [
      problem(
        `${path}/members/${m}`,
        `tier "${tier.name}": members ${first} and ${m} are the same model, "${member.name}", with the same inputs.`,
      ),
    ];
  });
}

function memberProblems(
  tier: ResolvedTier,
  member: ResolvedMember,
  classNames: readonly string[] | null,
  path: string,
): QuorateProblem[] {
  const subject = `tier "${tier.name}", member "${member.name}"`;
  const { output, temperature, classes, labels } = member;
  const constants = member.kind === "model" ? member.constants : {};
  const problems: QuorateProblem[] = constantProblems(constants, `${path}/constants`, `${subject}: `);
  if (temperature !== 1 && (output === "probabilities" || output === "label")) {
    problems.push(problem(`${path}/temperature`, `${subject}: temperature is for logits, the output is "${output}".`));
  }
  if (classes !== null) problems.push(...classNameProblems(classNames, classes, subject, `${path}/classes`));
  const scores = output === "logits" || output === "probabilities";
  if (labels !== null && scores) {
    const message = `${subject}: \`labels\` are the values of a label output, the output is "${output}"; the order of scores is said by \`classes\`.`;
    problems.push(problem(`${path}/labels`, message));
  }
  if (labels !== null && classes !== null && labels.length !== classes.length) {
    const message = `${subject} has ${labels.length} labels for ${classes.length} classes, expected one for each.`;
    problems.push(problem(`${path}/labels`, message));
  }
  return problems;
}

function constantProblems(constants: Readonly<Record<string, unknown>>, path: string, subject: string) {
  return Object.entries(constants).flatMap(([name, value]) => {
    if (flatConstant(value) !== null) return [];
    const expected = "expected a number, a boolean, a typed array, or arrays of numbers of equal lengths";
    return [problem(`${path}/${name}`, `${subject}the constant "${name}" is none: ${expected}.`)];
  });
}

function classNameProblems(
  known: readonly string[] | null,
  names: readonly string[],
  subject: string,
  path: string,
): QuorateProblem[] {
  if (known === null) {
    return [problem(path, `${subject} names its classes, so the cascade's \`classes\` must be names too.`)];
  }
  const unknown = names.filter((name) => !known.includes(name));
  const missing = known.filter((name) => !names.includes(name));
  if (unknown.length === 0 && missing.length === 0) return [];
  const parts = [
    unknown.length > 0 ? `not a class of the cascade: ${quotedList(unknown)}` : "",
    missing.length > 0 ? `missing: ${quotedList(missing)}` : "",
  ];
  return [
    problem(
      path,
      `${subject}: its class names are not the cascade's (${parts.filter((part) => part !== "").join("; ")}).`,
    ),
  ];
}
