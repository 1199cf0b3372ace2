/** `npm run bench`: runs the suites, each trial in a process of its own, and writes what it measured. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { addonHash, load, machine, versions } from "./lib/machine.js";
import { pageName, pageOf, tablesName } from "./lib/report.js";
import { tablesOf } from "./lib/report-tables.js";
import { type Result, type SuiteResult, summarize } from "./lib/result.js";
import { root } from "./lib/root.js";
import type { Suite, Trial } from "./lib/suite.js";
import { comparison, terminalReport } from "./lib/terminal.js";
import { loadSuite, suiteNames } from "./suites/index.js";

interface Options {
  readonly smoke?: boolean;
  readonly suite?: string[];
  readonly trials: string;
  readonly name: string;
  readonly compare?: string;
  readonly report?: string;
}

const options = new Command("bench")
  .description("Benches of quorate; see bench/README.md.")
  .option("--smoke", "one short trial per suite; writes no files")
  .option("--suite <names...>", `only these: ${suiteNames.join(", ")}`)
  .option("--trials <n>", "processes per suite", "5")
  .option("--name <name>", "name of the result file", "bench")
  .option("--compare <file>", "print the ratio to an earlier result")
  .option("--report <file>", "write the pages in docs/ from a result; measures nothing")
  .parse()
  .opts<Options>();

if (options.report === undefined) await measureAll();
else writeReport(options.report);

async function measureAll(): Promise<void> {
  const smoke = options.smoke ?? false;
  const trials = smoke ? 1 : Number(options.trials);
  if (!(Number.isInteger(trials) && trials >= 1)) throw new Error(`--trials ${options.trials} is not a count`);
  const chosen = await Promise.all((options.suite ?? suiteNames).map(loadSuite));
  const earlier = options.compare === undefined ? undefined : readResult(options.compare);
  const addon = addonHash();
  const versionsAtStart = versions();
  const start = performance.now();
  const measured: SuiteResult[] = [];
  for (const [i, suite] of chosen.entries()) {
    console.log(`[${i + 1}/${chosen.length}, ${seconds(start)} s] ${suite.name}, trials: ${trials}`);
    const result = await measure(suite, trials, smoke);
    measured.push(result);
    console.log(`${terminalReport(result)}\n`);
  }
  const date = new Date().toISOString();
  const result: Result = {
    format: 1,
    date,
    command: ["npm run bench", ...process.argv.slice(2).flatMap((arg, i) => (i === 0 ? ["--", arg] : [arg]))].join(" "),
    smoke,
    machine: machine(),
    versions: versionsAtStart,
    addon,
    addonChangedDuringRun: addonHash() !== addon,
    seconds: seconds(start),
    suites: measured,
  };
  console.log(JSON.stringify({ machine: result.machine, versions: result.versions, seconds: result.seconds }));
  if (earlier !== undefined) console.log(comparison(result, earlier));
  if (smoke) return;
  const folder = join(root, "bench/results");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${date.slice(0, 10)}-${options.name}.json`);
  writeFileSync(path, `${JSON.stringify(result, null, 1)}\n`);
  console.log(`wrote ${path}`);
  // Part of the suites would make a page with holes.
  if (options.suite === undefined) writeReport(path);
}

async function measure(suite: Suite, trials: number, smoke: boolean): Promise<SuiteResult> {
  const before = load();
  const results: Trial[] = [];
  for (let i = 0; i < trials; i++) results.push(await runTrial(suite, smoke));
  const { name, question, targets } = suite;
  const { notes, ...summary } = summarize(results, targets);
  return { name, question, notes: [...suite.notes, ...notes], load: [before, load()], trials, ...summary };
}

/** A trial that hangs is an error. */
async function runTrial({ name, patience = 120 }: Suite, smoke: boolean): Promise<Trial> {
  const child = fork(join(import.meta.dirname, "lib/trial.js"), smoke ? [name, "smoke"] : [name]);
  const timer = setTimeout(() => child.kill("SIGKILL"), patience * 1000);
  let trial: Trial | undefined;
  child.on("message", (message) => {
    trial = message as Trial;
  });
  const [code, signal] = await once(child, "exit");
  clearTimeout(timer);
  if (trial === undefined || code !== 0) {
    throw new Error(`a trial of ${name} failed: ${signal === null ? `exit code ${code}` : `signal ${signal}`}`);
  }
  return trial;
}

function seconds(since: number): number {
  return Math.round((performance.now() - since) / 1000);
}

function writeReport(path: string): void {
  const result = readResult(path);
  const file = path.replace(/.*[\\/]/, "");
  for (const [name, text] of [
    [pageName, pageOf(result, file)],
    [tablesName, tablesOf(result, file)],
  ] as const) {
    const target = join(root, "docs", name);
    writeFileSync(target, text);
    console.log(`wrote ${target}`);
  }
}

function readResult(path: string): Result {
  return JSON.parse(readFileSync(path, "utf8")) as Result;
}
