/** Tests of a device. They need nothing but Node, and a machine with any device can run them: the CPU is one too. */
import { deviceProblem, isGpuExpected } from "../../bench/lib/device.js";

export interface Outcome {
  readonly name: string;
  readonly result: "passed" | "failed" | "skipped";
  readonly ms: number;
  /** Why it failed or was skipped. */
  readonly reason: string;
  /** What it found out, in words. */
  readonly notes: readonly string[];
}

/** @param note writes a line into the report */
type Body = (note: (line: string) => void) => Promise<void>;

const tests: { readonly name: string; readonly body: Body }[] = [];

/** Registers a test. Where the device cannot be used it is skipped; where a GPU is expected, that fails. */
export function deviceTest(name: string, body: Body): void {
  tests.push({ name, body });
}

/** Runs what was registered, one after the other. */
export async function runTests(started: (name: string) => void, ended: (outcome: Outcome) => void): Promise<void> {
  const problem = await deviceProblem();
  const absent = isGpuExpected() ? "failed" : "skipped";
  for (const { name, body } of tests) {
    started(name);
    if (problem === undefined) ended(await outcomeOf(name, body));
    else ended({ name, result: absent, ms: 0, reason: `not run on a GPU: ${problem}`, notes: [] });
  }
}

async function outcomeOf(name: string, body: Body): Promise<Outcome> {
  const notes: string[] = [];
  const start = performance.now();
  const end = (result: "passed" | "failed", reason: string): Outcome => {
    return { name, result, ms: Math.round(performance.now() - start), reason, notes };
  };
  try {
    await body((line) => notes.push(line));
    return end("passed", "");
  } catch (thrown) {
    return end("failed", thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
  }
}
