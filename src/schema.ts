/** The shape of a specification: `schema/cascade.schema.json`, checked by ajv, told in plain sentences. */
import { readFileSync } from "node:fs";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import type { QuorateProblem } from "./errors.js";
import { type Rule, ruleNames } from "./rules.js";

interface SchemaFile {
  readonly definitions: Readonly<Record<string, object>>;
}

/** Function members exist in memory only, so the published schema does not have them. */
const functionMember = {
  type: "object",
  required: ["run"],
  additionalProperties: false,
  properties: {
    run: { const: "function" },
    name: { type: "string", minLength: 1 },
    inputs: {
      if: { type: "array" },
      // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword
      then: { type: "array", uniqueItems: true, items: { type: "string", minLength: 1 } },
      else: {
        type: "object",
        additionalProperties: {
          type: "object",
          required: ["type", "rowShape"],
          additionalProperties: false,
          properties: { type: { $ref: "#/definitions/elementType" }, rowShape: { $ref: "#/definitions/rowShape" } },
        },
      },
    },
    output: { $ref: "#/definitions/output" },
    temperature: { $ref: "#/definitions/temperature" },
    classes: { $ref: "#/definitions/classNames" },
    timeoutMs: { type: "number", exclusiveMinimum: 0, maximum: 2 ** 31 - 1 },
    price: {
      type: "object",
      additionalProperties: false,
      properties: { perCall: { $ref: "#/definitions/amount" }, perRow: { $ref: "#/definitions/amount" } },
    },
    flopsPerRow: { $ref: "#/definitions/amount" },
  },
};

const elementType = {
  enum: "float32 float16 bfloat16 float64 int8 uint8 int16 uint16 int32 uint32 int64 uint64 bool".split(" "),
};

let compiled: ValidateFunction | undefined;

function validator(): ValidateFunction {
  if (compiled !== undefined) return compiled;
  const file = new URL("../schema/cascade.schema.json", import.meta.url);
  const schema = JSON.parse(readFileSync(file, "utf8")) as SchemaFile;
  const member = {
    if: { type: "object", required: ["run"] },
    // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword
    then: { $ref: "#/definitions/function" },
    else: schema.definitions["member"],
  };
  const definitions = { ...schema.definitions, member, function: functionMember, elementType };
  compiled = new Ajv({ allErrors: true, verbose: true, discriminator: true, strictTypes: false }).compile({
    ...schema,
    definitions,
  });
  return compiled;
}

/**
 * Every way in which `spec` has not the shape of a cascade. Without problems it is a CascadeSpec, and
 * `check.ts` may look at what its parts mean together.
 */
export function shapeProblems(spec: unknown): QuorateProblem[] {
  const data = asData(spec);
  const validate = validator();
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

function describe(error: ErrorObject, root: unknown): QuorateProblem {
  const path = error.instancePath;
  return {
    code: "QUORATE_ERR_INVALID_ARGUMENT",
    path,
    message: `${placeOf(path, root)}: ${expectation(error, root)}.`,
  };
}

/** What was expected and what came. */
function expectation(error: ErrorObject, root: unknown): string {
  const params = error.params as Readonly<Record<string, unknown>>;
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
      return `expected ${String((error.parentSchema as { description?: string }).description)}, ${got}`;
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
function ruleOf(error: ErrorObject, root: unknown): string {
  if (!/\/(exitWhen|rules)\b/.test(error.instancePath)) return "";
  const parent = lookUp(root, error.instancePath.replace(/\/[^/]*$/, "")) as { kind?: unknown } | undefined;
  const name = ruleNames[parent?.kind as Rule["kind"]];
  return name === undefined ? "" : `${name}: `;
}

function range(error: ErrorObject): string {
  const { minimum, exclusiveMinimum, maximum } = (error.parentSchema ?? {}) as Readonly<
    Record<string, number | undefined>
  >;
  const low = exclusiveMinimum === undefined ? `[${minimum ?? "-Infinity"}` : `(${exclusiveMinimum}`;
  return `in ${low}, ${maximum === undefined ? "Infinity)" : `${maximum}]`}`;
}

function knownOptions(error: ErrorObject): string {
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
