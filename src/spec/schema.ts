/** The shape of specifications and of options, by their schemas: `schema/` and what is compiled from it. */
import { calls, type SchemaError, validate } from "../../schema/validate.js";
import { errorFromProblems, type QuorateProblem } from "../errors.js";
import { meantOption, problemOf } from "./schema-problem.js";

/**
 * Every way in which `spec` has not the shape of a cascade. Without problems it is a CascadeSpec, and
 * `check.ts` may look at what its parts mean together.
 */
export function shapeProblems(spec: unknown): QuorateProblem[] {
  const data = asData(spec);
  if (validate(data)) return [];
  const errors = (validate.errors ?? []).filter((error) => error.keyword !== "if" && error.keyword !== "oneOf");
  return errors.filter((error) => !isMisspelled(error, errors)).map((error) => problemOf(error, data, "cascade"));
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
 * @param call the method's name; "prices" for the first argument of `cost`
 * @throws one QuorateError that lists everything wrong: unknown names, types, ranges
 */
export function checkOptions(call: keyof typeof calls, options: unknown): void {
  const check = calls[call];
  if (check(options)) return;
  const problems = (check.errors ?? []).map((error) => problemOf(error, options, call));
  throw errorFromProblems(`${call}: the call`, problems);
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
