// build/gpu-e2e: the package as it ships, built with CUDA, with tests and benches of a device that need no npm. Laid
// out as a checkout is, so that everything finds everything.
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { capture, fail, jobs, manifest, root, run } from "../lib/tools.mjs";
import { configure, megabytes, output } from "./build.mjs";

const tree = join(root, "build/cmake/gpu-e2e");
const compiled = join(root, "build/gpu-e2e-js");
const target = join(root, "build/gpu-e2e");
/** What is easily sent. */
const mostBytes = 64 * 2 ** 20;

export async function endToEndBundle({ architectures, source, node, runtime, test }) {
  run(process.execPath, [join(root, "scripts/setup.mjs")]);
  const addons = buildAddons(source, architectures);
  rmSync(compiled, { recursive: true, force: true });
  output(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.gpu.json"]);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  copyProject(addons);
  copyPackages([...Object.keys(manifest().dependencies), "protobufjs"]);
  if (node !== undefined) compress(node, "node.xz");
  if (runtime !== undefined) addRuntime(runtime);
  const bytes = sizeOf(target);
  console.log(`build/gpu-e2e: ${megabytes(bytes)}`);
  if (bytes > mostBytes) fail(`build/gpu-e2e has ${bytes} bytes; it should travel easily, in at most ${mostBytes}`);
  if (test) await tryElsewhere({ node, runtime });
}

/** The addons of the package and of the bench; away from build/Release, which is without CUDA mostly. */
function buildAddons(source, architectures) {
  const settings = ["-DQUORATE_ADDON=ON", "-DQUORATE_BENCH=ON", `-DQUORATE_ADDON_DIR=${tree}/addons`];
  const cmake = configure(tree, source, architectures, settings);
  const targets = ["quorate_addon", "quorate_bench_addon"];
  output(cmake, ["--build", tree, "--parallel", String(jobs), "--target", ...targets]);
  return ["quorate.node", "quorate_bench.node"].map((name) => join(tree, "addons/Release", name));
}

function copyProject(addons) {
  const keep = (pattern) => (from) => statSync(from).isDirectory() || pattern.test(from);
  const copy = (from, to, pattern) =>
    cpSync(join(root, from), join(target, to), { recursive: true, filter: keep(pattern) });
  copy("dist", "dist", /\.js$/);
  copy("schema", "schema", /\.js$/);
  copy("examples/digits", "examples/digits", /(\.onnx|cascade\.json|test\.csv)$/);
  for (const part of ["bench", "test"]) {
    cpSync(join(compiled, part), join(target, "js", part), { recursive: true });
  }
  mkdirSync(join(target, "build/Release"), { recursive: true });
  for (const addon of addons) {
    output("strip", ["--strip-unneeded", "-o", join(target, "build/Release", addon.split("/").at(-1)), addon]);
  }
  copyFileSync(join(root, "scripts/gpu/run-end-to-end.sh"), join(target, "run.sh"));
  const { name, version, type, exports } = manifest();
  writeFileSync(join(target, "package.json"), `${JSON.stringify({ name, version, type, exports, gitHead: head() })}\n`);
}

/** The commit, for the results. */
function head() {
  const git = (...args) => capture("git", args).stdout.trim();
  const dirty = git("status", "--porcelain", "--untracked-files=no") === "" ? "" : "-dirty";
  return `${git("rev-parse", "--short=12", "HEAD")}${dirty}`;
}

/** These packages and all that they need; without types, maps and the parts that only tools use. */
function copyPackages(names) {
  const needed = new Set(names);
  for (const name of needed) {
    const { dependencies = {} } = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8"));
    for (const other of Object.keys(dependencies)) needed.add(other);
  }
  const leftOut = /\.([cm]?ts|map|md)$|protobufjs\/(dist|ext|google)$/;
  for (const name of needed) {
    cpSync(join(root, "node_modules", name), join(target, "node_modules", name), {
      recursive: true,
      filter: (from) => !leftOut.test(from),
    });
  }
}

function compress(file, name) {
  output("bash", ["-c", 'xz -9 -T0 -c "$1" > "$2"', "xz", file, join(target, name)]);
}

function addRuntime(path) {
  const archive = join(target, "runtime.tar.xz");
  if (!statSync(path).isDirectory()) return copyFileSync(path, archive);
  const libraries = readdirSync(path).filter((name) => /^libonnxruntime.*\.so/.test(name));
  if (libraries.length === 0) fail(`${path} has no libonnxruntime*.so*`);
  output("tar", ["-C", path, "-cJf", archive, ...libraries], { env: { ...process.env, XZ_OPT: "-9 -T0" } });
}

function sizeOf(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, path, name }) => sum + statSync(join(parentPath ?? path, name)).size, 0);
}

/** Runs a copy of the folder on the CPU, where nothing of this project can be reached and little else. */
async function tryElsewhere({ node, runtime }) {
  const home = mkdtempSync(join(tmpdir(), "quorate-e2e-"));
  const copy = join(home, "bundle");
  cpSync(target, copy, { recursive: true });
  const env = { PATH: "/usr/bin:/bin", HOME: home, QUORATE_TEST_DEVICE: "cpu" };
  if (node === undefined) env.QUORATE_NODE = process.execPath;
  if (runtime === undefined) env.QUORATE_ONNXRUNTIME_PATH = await installedRuntime();
  try {
    run("./run.sh", ["test"], { cwd: copy, env });
    run("./run.sh", ["bench", "--smoke"], { cwd: copy, env });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** The library in onnxruntime-node. */
async function installedRuntime() {
  const { runtimePaths } = await import(pathToFileURL(join(root, "dist/runtime/onnxruntime.js")).href);
  return runtimePaths(undefined)[0];
}
