// Builds the addon with plain CMake, cmake-js and node-gyp, each in its own copy of the sources, loads each,
// and compares what they export and what they say about themselves.
//   node scripts/check-frontends.mjs [--cuda]     --cuda builds with CUDA kernels; CUDACXX names nvcc
// With ccache installed the second and third build cost little.
import { cpSync, existsSync, mkdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { buildTools, capture, fail, find, jobs, root, run } from "./lib/tools.mjs";

const cuda = process.argv.includes("--cuda");
if (cuda && !process.env.CUDACXX && !find("nvcc")) fail("nvcc is missing; run with: CUDACXX=$(scripts/cuda-toolkit)");
const cmake = buildTools();
const settings = [`-DQUORATE_CUDA=${cuda ? "ON" : "OFF"}`];
// One architecture: this check is about the front ends, not about every device.
if (cuda) settings.push("-DQUORATE_CUDA_ARCHITECTURES=90-real");
if (find("ccache")) settings.push(`-DCMAKE_CXX_COMPILER_LAUNCHER=${find("ccache")}`);
if (find("ccache") && cuda) settings.push(`-DCMAKE_CUDA_COMPILER_LAUNCHER=${find("ccache")}`);

const bin = (name) => join(root, "node_modules", ...name.split("/"));
const frontends = {
  cmake(tree) {
    run(
      cmake,
      ["-S", tree, "-B", join(tree, "build/cmake/plain"), "-DCMAKE_BUILD_TYPE=Release", ...settings],
      quiet(tree),
    );
    run(cmake, ["--build", join(tree, "build/cmake/plain"), "--parallel", String(jobs)], quiet(tree));
  },
  "cmake-js"(tree) {
    const defines = settings.map((setting) => setting.replace(/^-D/, "--CD"));
    run(
      process.execPath,
      [bin("cmake-js/bin/cmake-js"), "compile", "-O", "build/cmake/js", "-p", String(jobs), ...defines],
      quiet(tree),
    );
  },
  "node-gyp"(tree) {
    run(
      process.execPath,
      [bin("node-gyp/bin/node-gyp.js"), "rebuild", "--loglevel=warn", ...nodeDir()],
      quiet(tree, { QUORATE_CMAKE_ARGS: settings.join(" ") }),
    );
  },
};

// One snapshot, so that an edit during the builds is no difference between them.
const snapshot = copySources(root, "snapshot");
const results = Object.entries(frontends).map(([name, build]) => {
  const start = performance.now();
  const tree = copySources(snapshot, name);
  symlinkSync(join(root, "node_modules"), join(tree, "node_modules"), "dir");
  build(tree);
  const path = join(tree, "build/Release/quorate.node");
  if (!existsSync(path)) fail(`${name} left no build/Release/quorate.node`);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(`${name}: ${statSync(path).size} bytes in ${seconds} s`);
  return { name, exports: exportedSymbols(path), says: load(path) };
});

const [first, ...others] = results;
for (const other of others) {
  for (const key of ["exports", "says"]) {
    if (other[key] !== first[key]) {
      fail(`${other.name} and ${first.name} differ in what the addon ${key}:\n${other[key]}\n${first[key]}`);
    }
  }
}
console.log(`${results.map(({ name }) => name).join(", ")} agree with CUDA ${cuda ? "ON" : "OFF"}: ${first.says}`);

/** A copy of what the build reads; node-gyp's rebuild empties build/, so never the checkout itself. */
function copySources(from, name) {
  const tree = join(root, "build", "frontends", `${name}-${cuda ? "cuda" : "cpu"}`);
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(tree, { recursive: true });
  for (const entry of ["CMakeLists.txt", "binding.gyp", "cmake", "native", "package.json"]) {
    cpSync(join(from, entry), join(tree, entry), { recursive: true, preserveTimestamps: true });
  }
  return tree;
}

/** Node's own headers where they are installed beside it: node-gyp would download them otherwise. */
function nodeDir() {
  const prefix = join(process.execPath, "..", "..");
  return existsSync(join(prefix, "include/node/node_version.h")) ? [`--nodedir=${prefix}`] : [];
}

/** Build output is shown only when the build fails. */
function quiet(tree, extra = {}) {
  const generator = find("ninja") && !process.env.CMAKE_GENERATOR ? { CMAKE_GENERATOR: "Ninja" } : {};
  const stdio = process.env.VERBOSE ? "inherit" : ["ignore", "ignore", "inherit"];
  return {
    cwd: tree,
    stdio,
    env: { ...process.env, CCACHE_BASEDIR: root, CCACHE_NOHASHDIR: "1", ...generator, ...extra },
  };
}

function exportedSymbols(path) {
  if (process.platform !== "linux") return "";
  return capture("nm", ["-D", "--defined-only", "--format=just-symbols", path]).stdout;
}

/** Version and view of CUDA, from a process of its own. */
function load(path) {
  const expression = `const a = require(${JSON.stringify(path)}); JSON.stringify({ version: a.version, exports: Object.keys(a), cuda: a.cuda?.() })`;
  const result = capture(process.execPath, ["-p", expression]);
  if (result.status !== 0) fail(`${path} does not load:\n${result.stderr}`);
  return result.stdout.trim();
}
