/** Where the ONNX Runtime library may be, in the order to try. */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * An explicit path (the option, else QUORATE_ONNXRUNTIME_PATH) is the only candidate: falling back would hide a
 * mistake. Else the library of the installed onnxruntime-node, as the application sees it and as this package
 * does, then the system's.
 */
export function runtimePaths(option?: string | null): string[] {
  const explicit = option ?? (process.env["QUORATE_ONNXRUNTIME_PATH"] || undefined);
  if (explicit !== undefined) return [resolveLibrary(explicit, process.cwd())];
  return [
    ...new Set([
      ...installedLibraries(join(process.cwd(), "package.json")),
      ...installedLibraries(import.meta.url),
      ...systemNames(),
    ]),
  ];
}

/** A bare file name is for the system's loader; anything else is a path relative to `base`. */
export function resolveLibrary(path: string, base: string): string {
  return path.includes("/") || path.includes(sep) ? resolve(base, path) : path;
}

/** Libraries in the onnxruntime-node that `from` would import; none when it is not installed. */
function installedLibraries(from: string): string[] {
  const require = createRequire(from.startsWith("file:") ? from : pathToFileURL(from));
  try {
    // The entry point: `exports` may hide package.json.
    const entry = require.resolve("onnxruntime-node");
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
