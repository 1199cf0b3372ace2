// clang-tidy's bugprone and concurrency checks (.clang-tidy) over the sources of native/, findings are errors: a fixed
// quarter of them by default, another one with every commit, or all with --all.
// Reads the compile commands of `cmake --preset asan`.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { capture, fail, find, jobs, need, root, run } from "./lib/tools.mjs";

const parts = 4;
// Of .clang-tidy's checks only these two kinds; the others are for editors.
const only = "-clang-analyzer-*,-google-*,-misc-*,-modernize-*,-performance-*,-readability-*";
const tree = join(root, "build/cmake/asan");

const clangTidy = need(find("clang-tidy"), "clang-tidy (14 is what CI uses)", "clang-tidy");
run(need(find("cmake"), "CMake", "cmake"), ["--preset", "asan", "--log-level=WARNING"], {
  stdio: ["ignore", "ignore", "inherit"],
});
const files = [
  ...new Set(
    JSON.parse(readFileSync(join(tree, "compile_commands.json"), "utf8")).map(({ file }) => relative(root, file)),
  ),
]
  .filter((file) => file.startsWith("native/"))
  .sort();
const chosen = process.argv.includes("--all") ? files : quarter(files);
console.log(`clang-tidy: ${chosen.length} of ${files.length} files`);
if (files.length === 0) fail("there are no compile commands in build/cmake/asan");
// As many files at a time as there are cores: xargs stops with an error when any of them has a finding.
run(
  "xargs",
  ["-P", String(jobs), "-n", "4", clangTidy, "--quiet", `--checks=${only}`, "--warnings-as-errors=*", "-p", tree],
  {
    input: chosen.join("\n"),
    stdio: ["pipe", "inherit", "inherit"],
  },
);

/** Those whose number in a shuffle by the commit's hash falls into its first quarter. */
function quarter(all) {
  const commit = capture("git", ["rev-parse", "HEAD"], { cwd: root }).stdout?.trim() || "no commit";
  const order = (file) => createHash("sha256").update(`${commit} ${file}`).digest("hex");
  const shuffled = all.map((file) => [order(file), file]).sort(([a], [b]) => (a < b ? -1 : 1));
  return shuffled.slice(0, Math.ceil(all.length / parts)).map(([, file]) => file);
}
