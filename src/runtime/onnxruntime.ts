/** Where the ONNX Runtime library may be, in the order to try. */
import { readdirSync } from "node:fs";
import nodeModule, { createRequire } from "node:module";
import { join, resolve, sep } from "node:path";

/**
 * An explicit path (the option, else QUORATE_ONNXRUNTIME_PATH) is the only candidate: falling back would hide a
 * mistake. Else the library of the installed onnxruntime-node, as the application sees it and as this package
 * does, then the system's.
 */
export function runtimePaths(option?: string | null): string[] {
  const explicit = option ?? (process.env["QUORATE_ONNXRUNTIME_PATH"] || undefined);
  if (explicit !== undefined) return [resolveLibrary(explicit, process.cwd())];
  return [
    ...new Set([...installedLibraries(entryOfApplication), ...installedLibraries(entryOfPackage), ...systemNames()]),
  ];
}

/** A bare file name is for the system's loader; anything else is a path relative to `base`. */
export function resolveLibrary(path: string, base: string): string {
  return path.includes("/") || path.includes(sep) ? resolve(base, path) : path;
}

// onnxruntime-node's entry points, since its `exports` may hide package.json.

function entryOfApplication(): string {
  return nodeModule.createRequire(join(process.cwd(), "package.json")).resolve("onnxruntime-node");
}

function entryOfPackage(): string {
  return nodeModule.createRequire(import.meta.url || "file:///").resolve("onnxruntime-node");
}

/** webpack's own, in its bundles. */
declare const __webpack_require__: unknown;

// A CommonJS bundle has no URL.
const require = createRequire(import.meta.url || "file:///");

/**
 * For tracers (@vercel/nft, and so Next.js), which take a package along with its libraries when they see it required.
 * Nobody calls it: opening the package costs time and memory. webpack would put it into its bundle, where it cannot work.
 */
export const seenByTracers: (() => unknown) | undefined =
  typeof __webpack_require__ === "undefined" ? () => require("onnxruntime-node") : undefined;

/** Libraries in the onnxruntime-node that has this entry point; none when it is not installed. */
function installedLibraries(entryPoint: () => string): string[] {
  try {
    const entry = entryPoint();
    const root = entry.slice(0, entry.lastIndexOf(`onnxruntime-node${sep}`) + "onnxruntime-node".length);
    return list(join(root, "bin"))
      .filter((name) => /^napi-v\d+$/.test(name))
      .sort((a, b) => Number(b.slice(6)) - Number(a.slice(6)))
      .flatMap((name) => libraries(join(root, "bin", name, process.platform, process.arch)));
  } catch {
    return [];
  }
}

function libraries(folder: string): string[] {
  const pattern =
    { win32: /^onnxruntime\.dll$/, darwin: /^libonnxruntime(\.\d+)*\.dylib$/ }[process.platform as string] ??
    /^libonnxruntime\.so(\.\d+)*$/;
  return list(folder)
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function systemNames(): string[] {
  switch (process.platform) {
    case "win32":
      return ["onnxruntime.dll"];
    case "darwin":
      return ["libonnxruntime.dylib"];
    default:
      return ["libonnxruntime.so.1", "libonnxruntime.so"];
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
