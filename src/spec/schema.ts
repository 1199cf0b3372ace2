/** The shape of a specification: `schema/cascade.schema.json`, told in plain sentences. */
import { type SchemaError, validate } from "../../schema/validate.js";
import type { QuorateProblem } from "../errors.js";
import { type Rule, ruleNames } from "./rules.js";

/**
 * Every way in which `spec` has not the shape of a cascade. Without problems it is a CascadeSpec, and
 * `check.ts` may look at what its parts mean together.
 */
export function shapeProblems(spec: unknown): QuorateProblem[] {
  const data = asData(spec);
  if (validate(data)) return [];
  return (validate.errors ?? [])
    .filter((error) => error.keyword !== "if" && error.keyword !== "oneOf")
    .map((error) => describe(error, data));
}

/** The same tree as JSON sees it: `run` is the type of its value, bytes are a word, undefined fields are absent. */
function asData(value: unknown): unknown {
  if (typeof value === "function") return { run: "function" };
  if (ArrayBuffer.isView(value)) return "bytes";
  if (Array.isArray(value)) return value.map(asData);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries.map(([key, field]) => [key, key === "run" ? typeof field : asData(field)]));
}

function describe(error: SchemaError, root: unknown): QuorateProblem {
  const path = error.instancePath;
  return {
    code: "QUORATE_ERR_INVALID_ARGUMENT",
    path,
    message: `${placeOf(path, root)}: ${expectation(error, root)}.`,
  };
}

/** What was expected and what came. */
function expectation(error: SchemaError, root: unknown): string {
  const { params } = error;
  const got = `got ${show(error.data)}`;
  switch (error.keyword) {
    case "required":
      return `"${params["missingProperty"]}" is missing`;
    case "additionalProperties":
      return `"${params["additionalProperty"]}" is not a known option${knownOptions(error)}`;
    case "enum":
      return `expected one of ${(params["allowedValues"] as readonly unknown[]).map(show).join(", ")}, ${got}`;
    case "const":
      return `expected ${show(params["allowedValue"])}, ${got}`;
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
    case "pattern":
      return `expected ${String(error.parentSchema?.["description"])}, ${got}`;
    case "discriminator":
      return `expected a rule with "kind" one of ${Object.keys(ruleNames).join(", ")}, got ${show(params["tagValue"])}`;
    default:
      return `${error.message ?? error.keyword}, ${got}`;
  }
}

/** `tiers/0 "edge"`: the pointer, and the tier's name where there is one. */
function placeOf(pointer: string, root: unknown): string {
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

function knownOptions(error: SchemaError): string {
  const properties = (error.parentSchema as { properties?: object } | undefined)?.properties;
  return properties === undefined ? "" : ` (known: ${Object.keys(properties).join(", ")})`;
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

function show(value: unknown): string {
  if (typeof value === "number" || value === undefined) return String(value);
  const text = JSON.stringify(value, (_, field) =>
    typeof field === "number" && !Number.isFinite(field) ? String(field) : field,
  );
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
