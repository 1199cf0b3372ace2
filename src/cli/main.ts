#!/usr/bin/env node
/** The command line: `quorate demo | run | inspect | doctor`. Bad input ends with one sentence and exit code 1. */
import { Command } from "commander";
import { messageOf } from "../errors.js";
import { version } from "../version.js";
import { demo } from "./demo.js";
import { doctor } from "./doctor.js";
import { inspect } from "./inspect.js";
import { run } from "./run.js";

const program = new Command("quorate")
  .description("Cascades of ensembles: answer most rows with small models, defer the rest to larger ones")
  .version(version);

program
  .command("demo")
  .description("classify the bundled digits with three tiers, and with the large model alone")
  .option("--json", "print JSON")
  .action(demo);

program
  .command("run")
  .description("answer the rows of a file")
  .argument("<cascade.json>", "the cascade")
  .argument("<rows>", "CSV (numbers, and optionally a label) or JSON lines (.jsonl)")
  .option("--answers <file>", "write every answer as a JSON line")
  .option("--json", "print JSON")
  .action(run);

program
  .command("inspect")
  .description("show what a cascade will do: devices, rules in votes, FLOPs, warnings")
  .argument("<cascade.json>", "the cascade")
  .option("--json", "print JSON")
  .action(inspect);

program
  .command("doctor")
  .description("report which parts of ONNX Runtime and CUDA were found, and how to fix the first problem")
  .option("--json", "print JSON")
  .action(doctor);

try {
  await program.parseAsync();
} catch (thrown) {
  process.stderr.write(`quorate: ${messageOf(thrown)}\n`);
  process.exitCode = 1;
}
