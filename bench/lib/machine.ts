/** What a figure depends on. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { root } from "./root.js";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
}

export interface Versions {
  /** With "-dirty" when tracked files differ from it. */
  readonly commit: string;
  readonly node: string;
  readonly quorate: string;
  /** "none" where it is not installed. */
  readonly onnxruntimeNode: string;
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform}-${process.arch}`,
  };
}

export function versions(): Versions {
  return {
    commit: commit(),
    node: process.versions.node,
    quorate: packageVersion(join(root, "package.json")),
    onnxruntimeNode: packageVersion(join(root, "node_modules/onnxruntime-node/package.json")),
  };
}

/** 1-minute load average. */
export const load = (): number => Math.round((loadavg()[0] ?? 0) * 100) / 100;

/** The addon under test, by content: it must not change within a run. */
export function addonHash(): string {
  const path = join(root, "build/Release/quorate.node");
  if (!existsSync(path)) return "prebuilt";
  return createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16);
}

function commit(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    const dirty = git("status", "--porcelain", "--untracked-files=no") === "" ? "" : "-dirty";
    return git("rev-parse", "--short=12", "HEAD") + dirty;
  } catch {
    // The folder that travels to other machines has npm's name for it.
    return manifest(join(root, "package.json")).gitHead ?? "unknown";
  }
}

function packageVersion(path: string): string {
  return existsSync(path) ? manifest(path).version : "none";
}

function manifest(path: string): { readonly version: string; readonly gitHead?: string } {
  return JSON.parse(readFileSync(path, "utf8"));
}
