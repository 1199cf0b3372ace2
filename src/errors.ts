/** The errors of this library, and how values are written in their sentences. */
import { inspect } from "node:util";

/** What went wrong, for programs; `docs/errors.md` says for each code what it means and what to do. */
export type QuorateErrorCode =
  | "QUORATE_ERR_INVALID_ARGUMENT"
  | "QUORATE_ERR_MODEL_LOAD"
  | "QUORATE_ERR_MODEL_MISMATCH"
  | "QUORATE_ERR_RUNTIME_NOT_FOUND"
  | "QUORATE_ERR_NATIVE_UNAVAILABLE"
  | "QUORATE_ERR_DEVICE"
  | "QUORATE_ERR_DEVICE_MEMORY"
  | "QUORATE_ERR_QUEUE_FULL"
  | "QUORATE_ERR_DEADLINE"
  | "QUORATE_ERR_INPUT"
  | "QUORATE_ERR_ABORTED"
  | "QUORATE_ERR_CLOSED"
  | "QUORATE_ERR_MEMBER"
  | "QUORATE_ERR_MEMORY"
  | "QUORATE_ERR_INTERNAL";

/** One problem. */
export interface QuorateProblem {
  readonly code: QuorateErrorCode;
  /** One sentence: what was expected, and what was given. */
  readonly message: string;
  /** JSON pointer into the specification, as `/tiers/0/members/1`; absent when the problem has no place there. */
  readonly path?: string;
}

/** What `JSON.stringify` writes of an error; plain data. */
export interface QuorateErrorJson {
  readonly name: string;
  readonly code: QuorateErrorCode;
  readonly message: string;
  readonly problems: readonly QuorateProblem[];
  /** The message of the error's `cause`; absent without one. */
  readonly cause?: string;
}

/** What an error may carry besides its message. */
export interface QuorateErrorOptions {
  readonly cause?: unknown;
  /** @default the error itself as its only problem */
  readonly problems?: readonly QuorateProblem[];
  /** "RangeError" for a number outside its range. @default by the code */
  readonly name?: string;
}

/**
 * Every error that this library throws or rejects with. The `name` is "AbortError" for an aborted call and "RangeError"
 * for a number outside its range; both are instances of this class.
 */
export class QuorateError extends Error {
  readonly code: QuorateErrorCode;
  /** All problems that were found, at least one. `build()` reports all of them at once. */
  readonly problems: readonly QuorateProblem[];

  constructor(code: QuorateErrorCode, message: string, options: QuorateErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.name = options.name ?? (code === "QUORATE_ERR_ABORTED" ? "AbortError" : "QuorateError");
    this.problems = options.problems ?? [{ code, message }];
  }

  /** Everything but the stack: by itself an error's message would be missing in JSON. */
  toJSON(): QuorateErrorJson {
    const { name, code, message, ...fields } = this;
    return { name, code, message, ...fields, ...("cause" in this ? { cause: messageOf(this.cause) } : {}) };
  }
}

/** An argument that is malformed or out of place. */
export function invalidArgument(message: string): QuorateError {
  return new QuorateError("QUORATE_ERR_INVALID_ARGUMENT", message);
}

/** A number outside its range. */
export function outOfRange(message: string): QuorateError {
  return new QuorateError("QUORATE_ERR_INVALID_ARGUMENT", message, { name: "RangeError" });
}

/** One error for a list of at least one problem; its code is that of the first. */
export function errorFromProblems(subject: string, problems: readonly QuorateProblem[]): QuorateError {
  const [first] = problems;
  if (first === undefined) return new QuorateError("QUORATE_ERR_INTERNAL", `${subject} failed without a reason.`);
  const message =
    problems.length === 1
      ? first.message
      : `${subject} has ${problems.length} problems:\n${problems.map((p) => `  - ${p.message}`).join("\n")}`;
  return new QuorateError(first.code, message, { problems });
}

const codes: ReadonlySet<string> = new Set<QuorateErrorCode>([
  "QUORATE_ERR_INVALID_ARGUMENT",
  "QUORATE_ERR_MODEL_LOAD",
  "QUORATE_ERR_MODEL_MISMATCH",
  "QUORATE_ERR_RUNTIME_NOT_FOUND",
  "QUORATE_ERR_NATIVE_UNAVAILABLE",
  "QUORATE_ERR_DEVICE",
  "QUORATE_ERR_DEVICE_MEMORY",
  "QUORATE_ERR_QUEUE_FULL",
  "QUORATE_ERR_DEADLINE",
  "QUORATE_ERR_INPUT",
  "QUORATE_ERR_ABORTED",
  "QUORATE_ERR_CLOSED",
  "QUORATE_ERR_MEMBER",
  "QUORATE_ERR_MEMORY",
  "QUORATE_ERR_INTERNAL",
]);

/** The code as a member of the union; anything unknown is _INTERNAL. */
export function toCode(code: unknown): QuorateErrorCode {
  return typeof code === "string" && codes.has(code) ? (code as QuorateErrorCode) : "QUORATE_ERR_INTERNAL";
}

/** Anything thrown, as a QuorateError: the addon throws plain errors with a `code`. */
export function toQuorateError(thrown: unknown): QuorateError {
  if (thrown instanceof QuorateError) return thrown;
  return new QuorateError(toCode(fieldOf(thrown, "code")), messageOf(thrown), { cause: thrown });
}

/** The message of anything thrown; never throws itself. */
export function messageOf(thrown: unknown): string {
  const message = fieldOf(thrown, "message");
  return typeof message === "string" ? message : textOf(thrown);
}

/** Any value as text; never throws, even if its own conversion does. */
export function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return `a value of type ${typeof value} that has no text`;
  }
}

/** A value in a sentence: as JSON where it is data, so that strings are quoted, else as Node shows it. */
export function quoted(value: unknown): string {
  const isData = typeof value === "string" || Array.isArray(value) || isPlain(value);
  const text = (isData && json(value)) || inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY });
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** Names in a sentence: `"tiny", "large"`. */
export function quotedList(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

function isPlain(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** undefined for what JSON cannot hold: big integers and circles. */
function json(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_, field) =>
      typeof field === "number" && !Number.isFinite(field) ? String(field) : field,
    );
  } catch {
    return undefined;
  }
}

/** A field of anything; undefined when there is none, or when reading it throws. */
function fieldOf(value: unknown, name: "code" | "message"): unknown {
  try {
    return (value as Readonly<Record<string, unknown>> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}
