// `npm run pack`: puts this machine's addon into prebuilds/, checks it, and packs quorate-<version>.tgz.
//   --require linux-x64,darwin-arm64   refuse to pack unless these prebuilt binaries are present (releases)
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { addonPath } from "./build-native.mjs";
import { capture, fail, find, manifest, root, run, target } from "./lib/tools.mjs";

const { name, version } = manifest();
const folder = join(root, "prebuilds");
const manifestPath = join(folder, "manifest.json");
const tarball = join(root, `${name}-${version}.tgz`);

if (!existsSync(addonPath)) fail("build/Release/quorate.node is missing; build it with: npm run build");
const here = target();
dropForeign();
stage();
const entry = process.platform === "linux" ? checkLinux() : {};
checkLoads();
writeManifest(entry);
checkTargets();
pack();

/** Binaries of other targets stay only when a manifest of this version vouches for them, byte for byte. */
function dropForeign() {
  mkdirSync(folder, { recursive: true });
  const known = readManifest();
  for (const file of readdirSync(folder).filter((entry) => entry.endsWith(".node"))) {
    const path = join(folder, file);
    if (known.version === version && known.files[file]?.sha256 === sha256(path)) continue;
    if (file !== `${here}.node`) console.log(`dropped prebuilds/${file}: not of version ${version}`);
    rmSync(path);
  }
}

function stage() {
  const path = join(folder, `${here}.node`);
  copyFileSync(addonPath, path);
  if (process.platform === "linux") run(tool("strip"), ["--strip-unneeded", path]);
  if (process.platform === "darwin") run("strip", ["-x", path]);
}

/** What a wrong build would get wrong: architecture, libraries, exported symbols, oldest glibc. */
function checkLinux() {
  const path = join(folder, `${here}.node`);
  const header = capture(tool("objdump"), ["-p", path]).stdout;
  const architecture = { x64: "elf64-x86-64", arm64: "elf64-littleaarch64" }[process.arch];
  if (!header.includes(`file format ${architecture}`)) fail(`${path} is not ${architecture}`);

  const needed = [...header.matchAll(/NEEDED\s+(\S+)/g)].map((match) => match[1]);
  const allowed = /^(libstdc\+\+|libgcc_s|libm|libc|libpthread|libdl|librt|ld-linux[\w-]*|libc\.musl-\w+)\.so(\.\d+)?$/;
  const strange = needed.filter((library) => !allowed.test(library));
  if (strange.length > 0)
    fail(`prebuilds/${here}.node needs ${strange.join(", ")}: only the C and C++ runtimes may be linked`);

  const ldd = capture("ldd", [path]).stdout;
  if (ldd.includes("not found")) fail(`prebuilds/${here}.node does not resolve here:\n${ldd}`);

  // "T" and "D" are strong definitions; weak C++ symbols (templates, inline functions) may leave the library.
  const symbols = capture(tool("nm"), ["-D", "--defined-only", path]).stdout.trim().split("\n");
  const strong = symbols.map((line) => line.split(/\s+/)).filter(([, kind]) => !/^[WVu]$/.test(kind ?? ""));
  const exported = strong.map(([, , symbol]) => symbol.replace(/@.*/, "")).sort();
  const wanted = ["napi_register_module_v1", "node_api_module_get_api_version_v1"];
  if (exported.join() !== wanted.join())
    fail(`prebuilds/${here}.node exports ${exported.join(", ")}, expected ${wanted.join(", ")}`);

  const floor = (family) => {
    const versions = [...header.matchAll(new RegExp(`\\b${family}_(\\d+(?:\\.\\d+)+)`, "g"))].map((match) => match[1]);
    return versions.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
  };
  const floors = { glibc: floor("GLIBC"), glibcxx: floor("GLIBCXX") };
  console.log(
    `prebuilds/${here}.node: glibc >= ${floors.glibc}, GLIBCXX >= ${floors.glibcxx}, needs ${needed.join(" ")}`,
  );
  return floors;
}

function checkLoads() {
  const addon = createRequire(import.meta.url)(join(folder, `${here}.node`));
  if (addon.version !== version)
    fail(`prebuilds/${here}.node says version ${addon.version}, the package is ${version}`);
}

function writeManifest(entry) {
  const before = readManifest();
  const files = {};
  for (const file of readdirSync(folder)
    .filter((entry) => entry.endsWith(".node"))
    .sort()) {
    const path = join(folder, file);
    const kept = file === `${here}.node` ? entry : before.files[file];
    files[file] = { ...kept, sha256: sha256(path), bytes: readFileSync(path).length };
  }
  writeFileSync(manifestPath, `${JSON.stringify({ version, files }, null, 2)}\n`);
}

function checkTargets() {
  const known = [...readFileSync(join(root, "src/native/load.ts"), "utf8").matchAll(/"([\w-]+)": \(\) =>/g)];
  const targets = known.map((match) => match[1]);
  const included = targets.filter((name) => existsSync(join(folder, `${name}.node`)));
  console.log(`targets included: ${included.join(", ")}`);
  console.log(`targets not included: ${targets.filter((name) => !included.includes(name)).join(", ") || "none"}`);
  const required = process.argv.includes("--require")
    ? process.argv[process.argv.indexOf("--require") + 1].split(",")
    : [];
  const missing = required.filter((name) => !included.includes(name));
  if (missing.length > 0) fail(`prebuilt binaries are missing: ${missing.join(", ")}`);
}

function pack() {
  rmSync(tarball, { force: true });
  const npm = process.env.npm_execpath?.endsWith(".js") ? [process.execPath, process.env.npm_execpath] : ["npm"];
  const [program, ...args] = [...npm, "pack", "--json", "--ignore-scripts", "--loglevel=error"];
  const result = capture(program, args);
  if (result.status !== 0) fail(`npm pack failed:\n${result.stderr}`);
  const parsed = JSON.parse(result.stdout);
  const [{ files, size, unpackedSize }] = Array.isArray(parsed) ? parsed : Object.values(parsed);
  const paths = files.map((file) => file.path);
  for (const wanted of [
    "dist/index.js",
    "dist/index.d.ts",
    "dist/cli/main.js",
    `prebuilds/${here}.node`,
    "LICENSE",
    "schema/cascade.schema.json",
    "schema/validate.js",
  ]) {
    if (!paths.includes(wanted)) fail(`the tarball lacks ${wanted}`);
  }
  // A binding.gyp in a package makes npm start node-gyp, whatever gypfile says (docs/packaging.md).
  const unwanted = paths.filter((path) => /(^|\/)(binding\.gyp|.*\.test\.ts|\.npmrc)$/.test(path));
  if (unwanted.length > 0) fail(`the tarball must not contain ${unwanted.join(", ")}`);
  run(process.execPath, [join(root, "node_modules/publint/src/cli.js"), "run", tarball, "--strict"]);
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
  console.log(`${tarball}: ${paths.length} files, ${megabytes(size)} packed, ${megabytes(unpackedSize)} unpacked`);
}

function readManifest() {
  if (!existsSync(manifestPath)) return { version: undefined, files: {} };
  return JSON.parse(readFileSync(manifestPath, "utf8"));
}

function sha256(path) {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

function tool(program) {
  return find(program) ?? fail(`${program} is missing; install binutils`);
}
