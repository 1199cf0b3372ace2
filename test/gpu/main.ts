/**
 * `main.js [--json FILE] [NAME...]`: runs the tests beside it, or the named files of them (`soak`), one file after the
 * other, each in a process of its own. Ends with "N passed, N failed".
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { device } from "../../bench/lib/device.js";
import { load, machine, versions } from "../../bench/lib/machine.js";
import type { Outcome } from "./device-test.js";

const patienceMs = 600_000;
const { values, positionals } = parseArgs({ options: { json: { type: "string" } }, allowPositionals: true });
const before = load();
const outcomes: Outcome[] = [];
for (const file of testFiles(positionals)) await runFile(file);

const count = (result: Outcome["result"]): number => outcomes.filter((outcome) => outcome.result === result).length;
const counts = { passed: count("passed"), failed: count("failed"), skipped: count("skipped") };
if (values.json !== undefined) {
  const report = {
    device,
    machine: machine(),
    load: [before, load()],
    versions: versions(),
    ...counts,
    tests: outcomes,
  };
  writeFileSync(values.json, `${JSON.stringify(report, null, 1)}\n`);
}
if (counts.skipped > 0) console.log(`${counts.skipped} skipped, ${outcomes.at(-1)?.reason}`);
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed > 0 || outcomes.length === 0 ? 1 : 0;

function testFiles(names: readonly string[]): string[] {
  const ending = ".test.js";
  const all = readdirSync(import.meta.dirname).filter((name) => name.endsWith(ending));
  return all.filter((name) => names.length === 0 || names.includes(name.slice(0, -ending.length)));
}

/** A process that does not end well is a failure of the test it was at, or of the file. */
async function runFile(file: string): Promise<void> {
  const start = performance.now();
  const child = fork(join(import.meta.dirname, "run-file.js"), [join(import.meta.dirname, file)], {
    execArgv: ["--expose-gc"],
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
  let current = file;
  child.on("message", (message: { readonly started: string } | { readonly outcome: Outcome }) => {
    if ("started" in message) current = message.started;
    else {
      record(message.outcome);
      current = file;
    }
  });
  const [code, signal] = await once(child, "exit");
  clearTimeout(timer);
  if (code === 0) return;
  const ms = Math.round(performance.now() - start);
  record({ name: current, result: "failed", ms, reason: `its process ended with ${signal ?? code}`, notes: [] });
}

function record(outcome: Outcome): void {
  outcomes.push(outcome);
  const { name, result, ms, reason, notes } = outcome;
  console.log(`${result === "failed" ? "FAILED" : result.padEnd(7)} ${name} (${(ms / 1000).toFixed(1)} s)`);
  for (const line of result === "failed" ? [...notes, reason] : notes) console.log(`        ${line}`);
}
