/** What the programs of tests share: where models are, checks, and how a case is chosen. */
import { readdirSync, readFileSync } from "node:fs";
import { getPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** @param {string} path from the root of the repository */
const at = (path) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** @param {string} name */
export const digitsFile = (name) => at(`examples/digits/${name}`);
/** @param {string} name */
export const onnx = (name) => digitsFile(`${name}.onnx`);
/** @param {string} name */
export const fixture = (name) => at(`test/fixtures/models/${name}.onnx`);

/** Threads of this process. */
export const threadCount = () => readdirSync("/proc/self/task").length;

/** How nice threads of the pool are: they stand behind JavaScript's. */
const nice = Math.min(19, getPriority() + 5);

/** How nice each thread is. */
export const nicenesses = () =>
  readdirSync("/proc/self/task").flatMap((id) => {
    try {
      return Number(readFileSync(`/proc/self/task/${id}/stat`, "utf8").split(") ")[1]?.split(" ")[16]);
    } catch {
      return []; // It has ended.
    }
  });

/** Threads of the pool. */
export const poolThreads = () => nicenesses().filter((each) => each === nice).length;

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
 * Waits until the condition holds.
 * @param {() => boolean} condition
 * @param {number} [seconds] at most
 */
export async function until(condition, seconds = 20) {
  for (let i = 0; i < 100 * seconds && !condition(); i++) await sleep(10);
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
