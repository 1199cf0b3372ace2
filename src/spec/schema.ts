/** The shape of specifications and of options, by their schemas: `schema/` and what is compiled from it. */
import { types } from "node:util";
import { calls, type SchemaError, validate } from "../../schema/validate.js";
import { errorFromProblems, type QuorateProblem } from "../errors.js";
import { problemAt, problemOf } from "./schema-problem.js";
import { strangersIn } from "./strangers.js";

/**
 * Every way in which `spec` has not the shape of a cascade. Without problems it is a CascadeSpec, and
 * `check.ts` may look at what its parts mean together.
 */
export function shapeProblems(spec: unknown): QuorateProblem[] {
  const data = asData(spec);
  const strangers = strangersIn(spec);
  if (strangers.length === 0 && validate(data)) return [];
  const known = strangers.map(({ path, text }) => problemAt(path, text, data, "cascade"));
  // What the schema says about them is beside the point.
  const isNew = ({ instancePath }: SchemaError): boolean =>
    !strangers.some(({ path }) => `${instancePath}/`.startsWith(`${path}/`));
  validate(data);
  const problems = (validate.errors ?? [])
    .filter((error) => error.keyword !== "if" && error.keyword !== "oneOf" && isNew(error))
    .map((error) => problemOf(error, data, "cascade"));
  return [...known, ...problems];
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
  if (types.isPromise(value)) return null;
  if (ArrayBuffer.isView(value)) return "bytes";
  if (Array.isArray(value)) return value.map(asData);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries.map(([key, field]) => [key, key === "run" ? typeof field : asData(field)]));
}
