/** What the programs of the process tests share: the bundled digits, checks, and how a case is chosen. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { agreementAtLeast, Cascade } from "quorate";

/** @param {string} path from the root of the repository */
const at = (path) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** @param {string} name */
export const onnx = (name) => at(`examples/digits/${name}.onnx`);
/** @param {string} name */
export const fixture = (name) => at(`test/fixtures/models/${name}.onnx`);

export const rowSize = 64;
const lines = readFileSync(at("examples/digits/test.csv"), "utf8").trim().split("\n");
export const rowCount = lines.length;
/** All rows, one after the other. */
export const image = Float32Array.from(lines.flatMap((line) => line.split(",").slice(0, rowSize).map(Number)));
/** @param {number} i */
export const row = (i) => image.slice(i * rowSize, (i + 1) * rowSize);

export const tiny = ["tiny-a", "tiny-b", "tiny-c"].map(onnx);

/** Two tiers, of which the second is one model. */
export const digits = () =>
  Cascade.builder()
    .tier("tiny", { members: tiny, exitWhen: agreementAtLeast(1) })
    .tier("small", { members: [onnx("small-a")] })
    .build();

/** A model whose one run takes 10 s and more. */
export const slow = () =>
  Cascade.builder()
    .options({ warmup: false, classes: 2 })
    .tier("slow", { members: [fixture("slow")] })
    .build();
export const slowRow = () => new Float32Array(2).fill(1);

/** Threads of this process. */
export const threadCount = () => readdirSync("/proc/self/task").length;

/** Collects garbage; needs --expose-gc. */
export function collect() {
  if (globalThis.gc === undefined) throw new Error("run with --expose-gc");
  void globalThis.gc();
}

/**
 * Ends the process when the condition is false.
 * @param {boolean} condition
 * @param {string} text
 */
export function check(condition, text) {
  if (condition) return;
  console.error(`FAILED: ${text}`);
  process.exit(3);
}

/**
 * Waits until the condition holds, for at most 20 s.
 * @param {() => boolean} condition
 */
export async function until(condition) {
  for (let i = 0; i < 2000 && !condition(); i++) await sleep(10);
}

/**
 * The code of the error with which a call ends.
 * @param {Promise<unknown>} call
 */
export const codeOf = (call) =>
  call.then(
    () => "answered",
    (error) => String(error.code),
  );

/**
 * Runs the case that the command line names, with the arguments after it.
 * @param {Readonly<Record<string, (...args: string[]) => unknown>>} cases
 */
export async function runCase(cases) {
  const [name = "", ...args] = process.argv.slice(2);
  const chosen = cases[name];
  if (chosen === undefined) throw new Error(`there is no case "${name}"`);
  await chosen(...args);
}
