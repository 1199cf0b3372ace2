// Builds what travels to a GPU machine: build/gpu/ with the native parity test, the kernel bench, the
// conformance vectors, run.sh and resources.json (registers, shared memory and spills per kernel).
//
//   node scripts/gpu-bundle.mjs [--architectures "90-real"] [--source FOLDER]
//
// Needs nvcc: CUDACXX, or nvcc on PATH.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { values } = parseArgs({
  options: {
    architectures: { type: "string", default: "release" },
    source: { type: "string", default: root },
  },
});
const build = join(root, "build/cmake/gpu-bundle");
const target = join(root, "build/gpu");

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (error) throw error;
  const output = stdout + stderr;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${output.slice(-4000)}`);
  return output;
}

// ptxas prints, per kernel and architecture: its name, its spills, its registers.
function resources(log) {
  const kernels = [];
  let current;
  for (const line of log.split("\n")) {
    const start = /Compiling entry function '(\S+)' for '(\S+)'/.exec(line);
    if (start) {
      const name = /\d+((?:Narrow|Wide|Compact|Gather)Kernel)(?:I(\w+?)EEv|E)/.exec(start[1]);
      // NarrowKernelILi4ELi4ELb1EEEv: template arguments 4, 4, 1.
      const args = [...(name?.[2] ?? "").concat("E").matchAll(/L[ib](\d+)E/g)].map((m) => m[1]);
      if (name?.[2] && args.length === 0) args.push(name[2]);
      const kernel = name ? name[1] + (args.length > 0 ? `<${args}>` : "") : start[1];
      current = { kernel, architecture: start[2] };
      kernels.push(current);
    }
    if (!current) continue;
    const spills = /(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads/.exec(line);
    if (spills) Object.assign(current, { spillStores: +spills[2], spillLoads: +spills[3] });
    const used = /Used (\d+) registers/.exec(line);
    if (used) {
      current.registers = +used[1];
      current.staticSharedBytes = +(/(\d+) bytes smem/.exec(line)?.[1] ?? 0);
    }
  }
  return kernels;
}

run("cmake", [
  "-S",
  values.source,
  "-B",
  build,
  "-G",
  "Ninja",
  "-DCMAKE_BUILD_TYPE=Release",
  "-DQUORATE_ADDON=OFF",
  "-DQUORATE_TESTS=ON",
  "-DQUORATE_BENCH=ON",
  "-DQUORATE_CUDA=ON",
  `-DQUORATE_CUDA_ARCHITECTURES=${values.architectures}`,
]);
// Kernels are compiled anew, or their resources would not be reported.
const log = run("cmake", [
  "--build",
  build,
  "--clean-first",
  "--verbose",
  "--target",
  "cuda_parity_test",
  "cuda_kernels_bench",
]);

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
const files = {
  cuda_parity_test: join(build, "test/native/kernels/cuda_parity_test"),
  cuda_kernels_bench: join(build, "bench/native/cuda_kernels_bench"),
  "vectors.txt": join(build, "test/native/kernels/vectors.txt"),
  "run.sh": join(root, "scripts/gpu-run.sh"),
};
for (const [name, from] of Object.entries(files)) copyFileSync(from, join(target, name));
run("strip", [join(target, "cuda_parity_test"), join(target, "cuda_kernels_bench")]);

const report = resources(log);
if (report.length === 0) throw new Error("ptxas reported no kernel: was -Xptxas -v dropped?");
writeFileSync(join(target, "resources.json"), `${JSON.stringify(report, null, 1)}\n`);
for (const k of report) {
  console.log(
    `${k.architecture} ${k.kernel}: ${k.registers} registers, ${k.staticSharedBytes} bytes static shared, spills ${k.spillStores}/${k.spillLoads}`,
  );
}
const bytes = [...Object.keys(files), "resources.json"].reduce((sum, f) => sum + statSync(join(target, f)).size, 0);
console.log(`build/gpu: ${(bytes / 1e6).toFixed(1)} MB`);
