/** One way in which data is not what a schema says, as a plain sentence: what was expected and what came. */
import type { SchemaError } from "../../schema/validate.js";
import { type QuorateProblem, quoted, quotedList } from "../errors.js";
import { nearest } from "./nearest.js";
import { ruleNames } from "./rule-names.js";
import type { Rule } from "./rules.js";

/** @param subject what `root` is: "cascade", or the call whose options it has */
export function problemOf(error: SchemaError, root: unknown, subject: string): QuorateProblem {
  return problemAt(error.instancePath, expectation(error, root), root, subject);
}

/** A problem at a JSON pointer into `root`, in a sentence that ends with `text`. */
export function problemAt(path: string, text: string, root: unknown, subject: string): QuorateProblem {
  // A sentence may end in a question.
  const sentence = `${placeOf(path, root, subject)}: ${text}.`.replace(/\?\.$/, "?");
  return { code: "QUORATE_ERR_INVALID_ARGUMENT", path, message: sentence };
}

/** What was expected and what came. */
function expectation(error: SchemaError, root: unknown): string {
  const { params } = error;
  const got = `got ${quoted(error.data)}`;
  switch (error.keyword) {
    case "required":
      return missing(String(params["missingProperty"]));
    case "additionalProperties":
      return unknownOption(String(params["additionalProperty"]), error);
    case "enum":
      return `expected one of ${(params["allowedValues"] as readonly unknown[]).map(quoted).join(", ")}, ${got}`;
    case "const":
      return `expected ${quoted(params["allowedValue"])}, ${got}`;
    case "type":
      return `${ruleOf(error, root)}expected ${article(String(params["type"]))}, ${got}`;
    case "minItems":
      return `expected at least ${params["limit"]} item${params["limit"] === 1 ? "" : "s"}, got ${length(error.data)}`;
    case "maxItems":
      return `expected at most ${params["limit"]} items, got ${length(error.data)}`;
    case "minLength":
      return "expected a non-empty string";
    case "uniqueItems":
      return `items ${params["j"]} and ${params["i"]} are equal, expected different ones`;
    case "minimum":
    case "exclusiveMinimum":
    case "maximum":
      return `${ruleOf(error, root)}expected a number ${range(error)}, ${got}`;
    case "is":
      return `expected ${params["expected"]}, ${got}`;
    case "pattern":
      return `expected ${String(error.parentSchema?.["description"])}, ${got}`;
    case "discriminator":
      return `expected a rule with "kind" one of ${quotedList(Object.keys(ruleNames))}, got ${quoted(params["tagValue"])}`;
    default:
      return `${error.message ?? error.keyword}, ${got}`;
  }
}

/** `tier "edge", /tiers/0` or `run, /priority`: the pointer, and what it points into. */
function placeOf(pointer: string, root: unknown, subject: string): string {
  if (subject !== "cascade") return pointer === "" ? subject : `${subject}, ${pointer}`;
  const tier = /^\/tiers\/\d+/.exec(pointer)?.[0];
  const name = tier === undefined ? undefined : (lookUp(root, tier) as { name?: unknown } | undefined)?.name;
  const place = pointer === "" ? "cascade" : pointer;
  return typeof name === "string" ? `tier "${name}", ${place}` : place;
}

/** `scoreAtLeast: ` when the number belongs to a rule. */
function ruleOf(error: SchemaError, root: unknown): string {
  if (!/\/(exitWhen|rules)\b/.test(error.instancePath)) return "";
  const parent = lookUp(root, error.instancePath.replace(/\/[^/]*$/, "")) as { kind?: unknown } | undefined;
  const name = ruleNames[parent?.kind as Rule["kind"]];
  return name === undefined ? "" : `${name}: `;
}

function range(error: SchemaError): string {
  const { minimum, exclusiveMinimum, maximum } = (error.parentSchema ?? {}) as Readonly<
    Record<string, number | undefined>
  >;
  const low = exclusiveMinimum === undefined ? `[${minimum ?? "-Infinity"}` : `(${exclusiveMinimum}`;
  return `in ${low}, ${maximum === undefined ? "Infinity)" : `${maximum}]`}`;
}

function unknownOption(name: string, error: SchemaError): string {
  const known = knownOptions(error);
  const meant = meantOption(name, error);
  return `"${name}" is not a known option (known: ${known.join(", ")})${meant && `, did you mean "${meant}"?`}`;
}

/** The option that was meant by an unknown name; "" when that cannot be told. */
export function meantOption(name: string, error: SchemaError): string {
  const known = knownOptions(error);
  // A function member has one field that is a function.
  if (known.includes("run") && isFunction((error.data as Readonly<Record<string, unknown>>)[name])) return "run";
  return nearest(name, known) ?? "";
}

function knownOptions(error: SchemaError): string[] {
  return Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {});
}

/** A function, as `asData` of schema.ts writes one. */
function isFunction(data: unknown): boolean {
  return (data as { readonly run?: unknown } | null | undefined)?.run === "function";
}

function missing(name: string): string {
  return name === "model" ? '"model" is missing (or "run", for a function)' : `"${name}" is missing`;
}

function lookUp(root: unknown, pointer: string): unknown {
  return pointer
    .split("/")
    .slice(1)
    .reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>> | undefined)?.[key], root);
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function length(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}
