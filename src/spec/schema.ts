/** The shape of specifications and of options, by their schemas: `schema/` and what is compiled from it. */
import { types } from "node:util";
import { calls, type SchemaError, validate } from "../../schema/validate.js";
import { errorFromProblems, invalidArgument, type QuorateProblem } from "../errors.js";
import { meantOption, problemAt, problemOf } from "./schema-problem.js";
import { strangersIn } from "./strangers.js";

/**
 * Every way in which `spec` has not the shape of a cascade. Without problems it is a CascadeSpec, and
 * `check.ts` may look at what its parts mean together.
 */
export function shapeProblems(spec: unknown): QuorateProblem[] {
  const data = asData(spec);
  const strangers = strangersIn(spec);
  if (validate(data) && strangers.length === 0) return [];
  const known = strangers.map(({ path, text }) => problemAt(path, text, data, "cascade"));
  // What the schema says about them is beside the point.
  const isNew = ({ instancePath }: SchemaError): boolean =>
    !strangers.some(({ path }) => `${instancePath}/`.startsWith(`${path}/`));
  const errors = tellingErrors(validate.errors);
  const others = errors.filter((error) => isNew(error) && !isMisspelled(error, errors));
  return [...known, ...others.map((error) => problemOf(error, data, "cascade"))];
}

/** Without those that only say that another one stands inside. */
function tellingErrors(errors: readonly SchemaError[] | null | undefined): SchemaError[] {
  return (errors ?? []).filter(({ keyword }) => keyword !== "if" && keyword !== "oneOf");
}

/** A field that is missing because it has another name: the problem of that name says so. */
function isMisspelled({ keyword, instancePath, params }: SchemaError, errors: readonly SchemaError[]): boolean {
  const written = (other: SchemaError): boolean =>
    other.keyword === "additionalProperties" &&
    other.instancePath === instancePath &&
    meantOption(String(other.params["additionalProperty"]), other) === params["missingProperty"];
  return keyword === "required" && errors.some(written);
}

/**
 * Checks the options of one call. Costs some 0.1 us and allocates nothing when they are right.
 * @param call the method's name
 * @throws one QuorateError that lists everything wrong: unknown names, types, ranges
 */
export function checkOptions(call: keyof typeof calls, options: unknown): void {
  const check = calls[call];
  if (typeof options === "object" && options !== null && !Array.isArray(options) && !isPlain(options)) {
    throw invalidArgument(`${call}: expected a plain object, got an instance of ${nameOf(options)}.`);
  }
  if (check(options)) return;
  const problems = tellingErrors(check.errors).map((error) => problemOf(error, options, call));
  throw errorFromProblems(`${call}: the call`, problems);
}

/**
 * The same tree as JSON sees it: `run` is the type of its value, bytes are a word, an instance of a class, which no
 * option is, is of no type of JSON.
 */
function asData(value: unknown): unknown {
  if (typeof value === "function") return { run: "function" };
  if (types.isPromise(value)) return null;
  if (ArrayBuffer.isView(value)) return "bytes";
  if (Array.isArray(value)) return value.map(asData);
  if (typeof value !== "object" || value === null) return value;
  if (!isPlain(value)) return Symbol(nameOf(value));
  const isRun = (key: string, field: unknown): boolean => key === "run" && field !== undefined;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, isRun(key, field) ? typeof field : asData(field)]),
  );
}

/** Made by a literal, in whatever realm; no Map, Date or other instance of a class, whose fields would not be seen. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function nameOf(value: object): string {
  return value.constructor?.name ?? "Object";
}
