/** Runs a piece of JavaScript against the built package in a process of its own. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What every child starts with: the package, and the bundled digits as `tiny`, `small`, `image` and `rows`. */
const preamble = `
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import * as threads from "node:worker_threads";
import { Cascade, agreementAtLeast, votesAtLeast } from ${JSON.stringify(`${root}dist/index.js`)};
const root = ${JSON.stringify(root)};
const require = createRequire(root + "package.json");
const onnx = (name) => root + "examples/digits/" + name + ".onnx";
const fixture = (name) => root + "test/fixtures/models/" + name + ".onnx";
const lines = readFileSync(root + "examples/digits/test.csv", "utf8").trim().split("\\n").map((l) => l.split(",").map(Number));
const image = Float32Array.from(lines.flatMap((l) => l.slice(0, 64)));
const row = (i) => image.slice(i * 64, i * 64 + 64);
const digits = () => Cascade.builder()
  .tier("tiny", { members: ["tiny-a", "tiny-b", "tiny-c"].map(onnx), exitWhen: agreementAtLeast(1) })
  .tier("small", { members: [onnx("small-a")] });
const threadCount = () => readdirSync("/proc/self/task").length;
const check = (condition, text) => { if (!condition) { console.error("FAILED: " + text); process.exit(3); } };
`;

export function runChild(body: string, flags: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, [...flags, "--input-type=module", "-e", preamble + body], {
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
