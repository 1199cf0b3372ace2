// Runs the integration tests against the oldest onnxruntime-node that package.json claims.
// The newest one is what `npm test` uses: the development dependency.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail, manifest, root, run } from "./lib/tools.mjs";

const version = /(\d+\.\d+\.\d+)/.exec(manifest().peerDependencies["onnxruntime-node"])?.[1];
if (!version) fail("peerDependencies names no oldest onnxruntime-node");

const folder = join(root, "build", "runtimes", version);
const installed = join(folder, "node_modules", "onnxruntime-node", "bin");
if (!existsSync(installed)) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
  const npm = process.env.npm_execpath?.endsWith(".js") ? [process.execPath, process.env.npm_execpath] : ["npm"];
  const [program, ...args] = [
    ...npm,
    "install",
    `onnxruntime-node@${version}`,
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
  ];
  run(program, args, { cwd: folder });
}
const napi = readdirSync(installed).find((name) => name.startsWith("napi-v"));
const libraries = join(installed, napi ?? "", process.platform, process.arch);
const library = readdirSync(libraries).find((name) => /^(libonnxruntime\.(so|\d)|onnxruntime\.dll)/.test(name));
if (!library) fail(`no ONNX Runtime library in ${libraries}`);

console.log(`integration tests against onnxruntime-node ${version}`);
run(
  process.execPath,
  [
    join(root, "node_modules/vitest/vitest.mjs"),
    "run",
    "--project",
    "core",
    "test/integration",
    ...process.argv.slice(2),
  ],
  {
    env: { ...process.env, QUORATE_ONNXRUNTIME_PATH: join(libraries, library), QUORATE_EXPECTED_RUNTIME: version },
  },
);
