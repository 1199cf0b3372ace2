// `npm run check`: every check that needs no build of the addon. All run; the exit code is 1 when one failed.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./lib/tools.mjs";

const bin = (name) => join(root, "node_modules", ...name.split("/"));
const checks = [
  ["Biome: lint and format", bin("@biomejs/biome/bin/biome"), "check", "--error-on-warnings"],
  ["tsc: src, tests, benches", bin("typescript/bin/tsc"), "-p", "tsconfig.json"],
  ["tsc: programs of tests", bin("typescript/bin/tsc"), "-p", "tsconfig.children.json"],
  [
    "tsc: isolated declarations",
    bin("typescript/bin/tsc"),
    "-p",
    "tsconfig.build.json",
    "--noEmit",
    "--incremental",
    "false",
  ],
  ["layers", "scripts/check-layers.mjs"],
  ["version", "scripts/check-version.mjs"],
  ["generated columns", "scripts/generate-columns.mjs", "--check"],
  ["clang-format", "scripts/check-format.mjs"],
];

const failed = [];
for (const [title, ...command] of checks) {
  const start = process.hrtime.bigint();
  const { status } = spawnSync(process.execPath, command, { stdio: "inherit", cwd: root });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  console.log(`${status === 0 ? "ok    " : "FAILED"} ${title} (${seconds.toFixed(1)} s)`);
  if (status !== 0) failed.push(title);
}
if (failed.length > 0) {
  console.error(`quorate: ${failed.length} of ${checks.length} checks failed: ${failed.join(", ")}`);
  process.exit(1);
}
