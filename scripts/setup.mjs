// Makes a checkout ready: dependencies, addon, dist/. Does only what is stale, so a warm run costs a blink.
// Node's own modules only: `npm test` and `npm run demo` call it on a fresh clone.
//   --install-only   dependencies alone
//   --force          build even when nothing changed
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { addonPath, buildNative } from "./build-native.mjs";
import { fail, manifest, root, run } from "./lib/tools.mjs";

const stamps = join(root, "build", "setup");
const force = process.argv.includes("--force");

checkNode();
await locked(() => {
  if (!dependenciesFresh()) install();
  if (process.argv.includes("--install-only")) return;
  step("native", nativeInputs(), [addonPath], "building the addon", buildNative);
  step("schema", schemaInputs(), [join(root, "schema", "validate.js")], "compiling the schema", compileSchema);
  step("dist", distInputs(), [join(root, "dist", "index.js")], "compiling TypeScript", compile);
});

function checkNode() {
  const wanted = manifest().engines.node.replace(">=", "").split(".").map(Number);
  const have = process.versions.node.split(".").map(Number);
  const older = have[0] < wanted[0] || (have[0] === wanted[0] && have[1] < wanted[1]);
  if (older) fail(`Node ${wanted.join(".")} or newer is needed, this is ${process.versions.node}`);
}

/** Every package of package-lock.json lies in node_modules in the version the lock names. */
function dependenciesFresh() {
  const read = (path) => JSON.parse(readFileSync(join(root, path), "utf8")).packages;
  if (!existsSync(join(root, "node_modules", ".package-lock.json"))) return false;
  const installed = read("node_modules/.package-lock.json");
  return Object.entries(read("package-lock.json")).every(([path, wanted]) => {
    if (path === "" || wanted.link) return true;
    if (!installed[path]) return wanted.optional === true || wanted.devOptional === true;
    return installed[path].version === wanted.version && existsSync(join(root, path));
  });
}

function install() {
  console.error("quorate: installing dependencies (npm ci)");
  const npm = process.env.npm_execpath;
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  if (npm?.endsWith(".js")) run(process.execPath, [npm, ...args]);
  else run(process.platform === "win32" ? "npm.cmd" : "npm", args, { shell: process.platform === "win32" });
}

/** Runs `work` unless the inputs are those of the last time and the outputs are in place. */
function step(name, inputs, outputs, title, work) {
  const path = join(stamps, `${name}.json`);
  const last = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
  const ready = outputs.every((output) => existsSync(output));
  const quick = fingerprint(inputs, (file) => `${statSync(file).size} ${statSync(file).mtimeMs}`);
  if (!force && ready && last.quick === quick) return;
  const content = fingerprint(inputs, (file) => readFileSync(file));
  if (force || !ready || last.content !== content) {
    console.error(`quorate: ${title}`);
    rmSync(path, { force: true });
    work();
  }
  mkdirSync(stamps, { recursive: true });
  writeFileSync(path, JSON.stringify({ quick, content }));
}

function fingerprint({ files, values }, describe) {
  const hash = createHash("sha256").update(JSON.stringify(values));
  for (const file of files) hash.update(`\n${relative(root, file)}\n`).update(describe(file));
  return hash.digest("hex");
}

function nativeInputs() {
  const files = [join(root, "CMakeLists.txt"), ...walk("cmake"), ...walk("native")];
  const environment = ["QUORATE_CMAKE_ARGS", "CXX", "CXXFLAGS", "CUDACXX"].map((name) => process.env[name] ?? null);
  return { files, values: [manifest().version, process.platform, process.arch, ...environment] };
}

function schemaInputs() {
  const scripts = ["scripts/compile-schema.mjs", "scripts/lib/call-schemas.mjs"];
  const files = ["schema/cascade.schema.json", ...scripts, "package-lock.json"];
  return { files: files.map((name) => join(root, name)), values: [] };
}

function compileSchema() {
  run(process.execPath, [join(root, "scripts", "compile-schema.mjs")]);
}

function distInputs() {
  const files = ["tsconfig.json", "tsconfig.build.json", "package-lock.json", "schema/validate.d.ts"].map((name) =>
    join(root, name),
  );
  return { files: [...files, ...walk("src")], values: [] };
}

function walk(folder) {
  const entries = readdirSync(join(root, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** Compiles src/ to dist/, and removes what an older source left there. */
function compile() {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  run(process.execPath, [tsc, "-p", "tsconfig.build.json"]);
  for (const file of walk("dist")) {
    const source = join(root, "src", relative(join(root, "dist"), file).replace(/(\.d\.ts|\.js)$/, ".ts"));
    if (!existsSync(source)) rmSync(file);
  }
  const cli = join(root, "dist", "cli", "main.js");
  if (existsSync(cli)) chmodSync(cli, 0o755);
}

/** One set-up at a time per checkout: a second one waits for the first. */
async function locked(work) {
  const lock = join(stamps, "lock");
  mkdirSync(stamps, { recursive: true });
  for (let waited = 0; !take(lock); waited++) {
    if (waited === 0) console.error("quorate: waiting for another set-up of this checkout");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  process.on("exit", () => rmSync(lock, { force: true }));
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
  work();
}

function take(lock) {
  mkdirSync(dirname(lock), { recursive: true });
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  try {
    process.kill(Number(readFileSync(lock, "utf8")), 0);
  } catch (error) {
    // Its owner is gone (killed): the lock is stale.
    if (error.code === "ESRCH") rmSync(lock, { force: true });
  }
  return false;
}
