/** Runs a program of `children/` in a process of its own, against the built package. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

export interface ChildOptions {
  /** The Node.js to run it. @default this one */
  readonly node?: string;
  /** Node's own. @default none */
  readonly flags?: readonly string[];
  /** How much nicer than this process. @default 0 */
  readonly nicer?: number;
  /** Beside what this process has. @default none */
  readonly env?: NodeJS.ProcessEnv;
}

/** How a process ends that found nothing to complain about. */
export const clean = { code: 0, signal: null, stderr: "" };

/** For programs that collect garbage. */
export const withGc: ChildOptions = { flags: ["--expose-gc"] };

const root = fileURLToPath(new URL("../../", import.meta.url));

/**
 * @param program path from `test/`, without ".mjs"
 * @param args the name of one of its cases, then that case's arguments
 */
export function runChild(
  program: string,
  args: readonly string[],
  { node = process.execPath, flags = [], nicer = 0, env = {} }: ChildOptions = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const command = [node, ...flags, `${root}test/${program}.mjs`, ...args];
    const [file = "", ...rest] = nicer === 0 ? command : ["nice", "-n", String(nicer), ...command];
    const child = spawn(file, rest, {
      cwd: root,
      env: { ...process.env, ...env },
      timeout: 50_000,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr, ms: performance.now() - started }));
  });
}
