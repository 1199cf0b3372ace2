/** Specifications as they come from users and files: paths made absolute, then checked and resolved. */
import { readFile } from "node:fs/promises";
import { delimiter, dirname, resolve } from "node:path";
import { types } from "node:util";
import { errorFromProblems, messageOf, QuorateError } from "../errors.js";
import { splitFolders } from "../runtime/cuda.js";
import { resolveLibrary } from "../runtime/onnxruntime.js";
import { missingFiles, specProblems } from "./check.js";
import { asModel, asPath } from "./natural.js";
import type { CascadeSpec } from "./options.js";
import { type ResolvedSpec, resolveSpec } from "./resolve.js";

/**
 * A specification as a user gives it, checked and ready to be built.
 * @param base the folder that relative paths start from
 * @throws one QuorateError that lists every problem
 */
export function checkedSpec(spec: unknown, base: string): ResolvedSpec {
  const absolute = withAbsolutePaths(spec, base);
  const problems = specProblems(absolute);
  if (problems.length === 0) return resolveSpec(absolute as CascadeSpec);
  throw errorFromProblems("the cascade", [...problems, ...missingFiles(absolute)]);
}

/**
 * A `cascade.json`, by its path or file: URL, checked; its model paths are relative to the file.
 * @throws QuorateError: the file cannot be read, is not JSON, or every problem of its content
 */
export async function readSpec(path: string | URL): Promise<ResolvedSpec> {
  const file = asPath(path) as string;
  return checkedSpec(parse(await read(file), file), dirname(resolve(file)));
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new QuorateError("QUORATE_ERR_INVALID_ARGUMENT", `"${path}" cannot be read: ${messageOf(cause)}.`, { cause });
  }
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new QuorateError("QUORATE_ERR_INVALID_ARGUMENT", `"${path}" is not JSON: ${messageOf(cause)}.`, { cause });
  }
}

/** Nothing is known about the shape yet, so what is not a path passes through. */
function withAbsolutePaths(spec: unknown, base: string): unknown {
  if (!isObject(spec)) return spec;
  const library = asPath(spec["onnxruntimePath"]);
  const provider = asPath(spec["cudaProviderPath"]);
  const folders = asPath(spec["cudaLibraryPath"]);
  const tiers = spec["tiers"];
  return {
    ...spec,
    ...(isPath(library) ? { onnxruntimePath: resolveLibrary(library, base) } : {}),
    ...(isPath(provider) ? { cudaProviderPath: resolve(base, provider) } : {}),
    ...(isPath(folders) ? { cudaLibraryPath: splitFolders(folders, base).join(delimiter) } : {}),
    ...(Array.isArray(tiers) ? { tiers: tiers.map((tier) => tierWithAbsolutePaths(tier, base)) } : {}),
  };
}

function tierWithAbsolutePaths(tier: unknown, base: string): unknown {
  if (!isObject(tier) || !Array.isArray(tier["members"])) return tier;
  const members = tier["members"].map((given: unknown) => {
    const member = modelAt(given, base);
    if (!isObject(member) || !("model" in member)) return member;
    return { ...member, model: modelAt(member["model"], base) };
  });
  return { ...tier, members };
}

/** A path, made absolute, or bytes; anything else as it is. */
function modelAt(given: unknown, base: string): unknown {
  const model = asModel(given);
  return isPath(model) ? resolve(base, model) : model;
}

/** An empty string is left for the schema to refuse. */
function isPath(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !types.isPromise(value)
  );
}
