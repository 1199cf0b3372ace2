/** Where ONNX Runtime's CUDA provider and CUDA's own libraries may be, in the order to try. */
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { runtimePaths } from "./onnxruntime.js";

const providerFile = "libonnxruntime_providers_cuda.so";

/** Where the addon looks for ONNX Runtime and what belongs to it; nowhere else. */
export interface RuntimePaths {
  /** Candidates for the ONNX Runtime library in the order to try. Absolute paths, or a bare file name for the system loader. */
  readonly runtimePaths: readonly string[];
  /** Candidates for the CUDA provider: absolute paths, or "" for the one next to ONNX Runtime. */
  readonly cudaProviders: readonly string[];
  /** Absolute folders with CUDA's libraries, or "" for the system loader. */
  readonly cudaLibraryFolders: readonly string[];
}

/** What a user says about it; absent or null: look in the usual places. */
export interface GivenPaths {
  readonly onnxruntimePath?: string | null;
  readonly cudaProviderPath?: string | null;
  readonly cudaLibraryPath?: string | null;
}

/** Everything the addon needs to find ONNX Runtime and what belongs to it. */
export function searchPaths(options: GivenPaths): RuntimePaths {
  return {
    runtimePaths: runtimePaths(options.onnxruntimePath),
    cudaProviders: cudaProviders(options.cudaProviderPath),
    cudaLibraryFolders: cudaLibraryFolders(options.cudaLibraryPath),
  };
}

/**
 * An explicit path (the option, else QUORATE_CUDA_PROVIDER), a file or its folder, is the only candidate: falling
 * back would hide a mistake. Else the file next to ONNX Runtime, then those of Python's onnxruntime-gpu.
 */
export function cudaProviders(option?: string | null): string[] {
  const explicit = option ?? (process.env["QUORATE_CUDA_PROVIDER"] || undefined);
  if (explicit !== undefined) return [explicit.endsWith(".so") ? resolve(explicit) : resolve(explicit, providerFile)];
  return ["", ...pythonPackages().map((folder) => join(folder, "onnxruntime", "capi", providerFile))];
}

/**
 * Explicit folders (the option, else QUORATE_CUDA_LIBRARIES) are the only ones. Else LD_LIBRARY_PATH, what Python's
 * packages of NVIDIA brought, CUDA's own folder, and the system's loader. A folder stands for such packages in it too.
 */
export function cudaLibraryFolders(option?: string | null): string[] {
  const explicit = option ?? (process.env["QUORATE_CUDA_LIBRARIES"] || undefined);
  if (explicit !== undefined) return splitFolders(explicit).flatMap((folder) => [folder, ...packageFolders(folder)]);
  const preferred = splitFolders(process.env["LD_LIBRARY_PATH"] ?? "");
  return [...preferred, ...pythonPackages().flatMap(packageFolders), "/usr/local/cuda/lib64", ""];
}

/** The absolute folders of a list as PATH has it. */
export function splitFolders(list: string, base: string = process.cwd()): string[] {
  return list
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => resolve(base, folder));
}

/** `nvidia/cu13/lib`, `nvidia/cudnn/lib` and their like. */
function packageFolders(packages: string): string[] {
  return list(join(packages, "nvidia")).map((name) => join(packages, "nvidia", name, "lib"));
}

/** Folders in which Python keeps packages: of the active environment, of one in the working directory, the user's, the system's. */
function pythonPackages(): string[] {
  const environments = [process.env["VIRTUAL_ENV"], process.env["CONDA_PREFIX"], resolve(".venv")];
  const prefixes = [...environments, join(homedir(), ".local"), "/usr/local", "/usr"];
  return prefixes
    .filter((prefix): prefix is string => Boolean(prefix))
    .flatMap((prefix) =>
      list(join(prefix, "lib"))
        .filter((name) => /^python3/.test(name))
        .flatMap((name) => ["site-packages", "dist-packages"].map((kind) => join(prefix, "lib", name, kind)))
        .filter((folder) => existsSync(folder)),
    );
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
