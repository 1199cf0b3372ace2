// Builds what travels to a GPU machine: build/gpu/ with quorate-gpu (parity test and bench of the kernels), the
// conformance vectors, run.sh and resources.json (registers, shared memory and spills per kernel).
//
//   node scripts/gpu-bundle.mjs [--architectures "90-real"] [--source FOLDER] [--test]
//
// --test also runs what can run here: the faults, and quorate-gpu, which says whether it ran on a GPU.
// nvcc is CUDACXX, else nvcc on PATH, else what scripts/cuda-toolkit sets up.
import { copyFileSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildTools, capture, fail, find, jobs, need, root, run } from "./lib/tools.mjs";

const { values } = parseArgs({
  options: {
    architectures: { type: "string", default: "release" },
    source: { type: "string", default: root },
    test: { type: "boolean", default: false },
  },
});
const build = join(root, "build/cmake/gpu-bundle");
const target = join(root, "build/gpu");

/** Standard output and error of a command that must succeed. */
function output(command, args) {
  const { status, stdout, stderr } = capture(command, args);
  if (status !== 0) fail(`${command} ${args.join(" ")} failed:\n${(stdout + stderr).slice(-4000)}`);
  return stdout + stderr;
}

/** `_ZN..12NarrowKernelILi4ELi4ELb1EEEv..` is NarrowKernel<4,4,1>, `_ZN..12GatherKernelIhEEv..` GatherKernel<h>. */
function kernelName(mangled) {
  const [, name, parameters] = /\d+((?:Narrow|Wide|Compact|Gather)Kernel)(?:I(\w+?)EEv|E)/.exec(mangled) ?? [];
  if (!name || !parameters) return name ?? mangled;
  const numbers = [...`${parameters}E`.matchAll(/L[ib](\d+)E/g)].map((match) => match[1]);
  return `${name}<${numbers.length > 0 ? numbers : parameters.replace(/^\d+/, "")}>`;
}

/** ptxas says, per architecture and function: its name, its stack and spills; of a kernel then its registers. */
function resources(log) {
  const kernels = [];
  let kernel;
  let isKernel = false; // Or a function that the kernel calls.
  for (const line of log.split("\n")) {
    const entry = /Compiling entry function '(\S+)' for '(\S+)'/.exec(line);
    if (entry) {
      kernel = { kernel: kernelName(entry[1]), mangled: entry[1], architecture: entry[2] };
      kernels.push(kernel);
    }
    const properties = /Function properties for (\S+)/.exec(line);
    if (properties) isKernel = properties[1] === kernel?.mangled;
    if (!kernel || !isKernel) continue;
    const spills = /(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads/.exec(line);
    if (spills) Object.assign(kernel, { spillStores: +spills[2], spillLoads: +spills[3] });
    const used = /Used (\d+) registers/.exec(line);
    if (used) {
      kernel.registers = +used[1];
      kernel.staticSharedBytes = +(/(\d+) bytes smem/.exec(line)?.[1] ?? 0);
    }
  }
  return kernels.map(({ mangled, ...rest }) => rest);
}

const cmake = buildTools();
need(find("ninja"), "Ninja", "generator");
if (!process.env.CUDACXX && !find("nvcc")) {
  process.env.CUDACXX = output("bash", [join(root, "scripts/cuda-toolkit")])
    .trim()
    .split("\n")
    .at(-1);
}
output(cmake, [
  ...["--fresh", "-S", values.source, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release"],
  ...["-DQUORATE_ADDON=OFF", "-DQUORATE_TESTS=ON", "-DQUORATE_CUDA=ON"],
  `-DQUORATE_CUDA_ARCHITECTURES=${values.architectures}`,
  // Small: only what is used, and no symbols.
  "-DCMAKE_CXX_FLAGS=-ffunction-sections -fdata-sections",
  "-DCMAKE_EXE_LINKER_FLAGS=-Wl,--gc-sections,--strip-all",
]);
// Kernels are compiled anew, or their resources would not be reported.
const flags = ["--clean-first", "--verbose", "--parallel", String(jobs), "--target", "quorate_gpu"];
const log = output(cmake, ["--build", build, ...flags]);
if (values.test) {
  const testing = ["cuda_faults_test", "quorate_stub_driver"];
  output(cmake, ["--build", build, "--parallel", String(jobs), "--target", ...testing]);
  run("ctest", ["--test-dir", build, "--no-tests=error", "--output-on-failure", "-R", "^cuda_(faults|parity|bench)"]);
}

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
const files = {
  "quorate-gpu": join(build, "test/native/kernels/quorate-gpu"),
  "vectors.bin": join(build, "test/native/kernels/vectors.bin"),
  "run.sh": join(root, "scripts/gpu-run.sh"),
};
for (const [name, from] of Object.entries(files)) copyFileSync(from, join(target, name));

const report = resources(log);
if (report.length === 0 || report.some(({ registers }) => registers === undefined)) {
  fail("ptxas reported no kernel: was -Xptxas=-v dropped?");
}
writeFileSync(join(target, "resources.json"), `${JSON.stringify(report, null, 1)}\n`);
for (const k of report) {
  console.log(
    `${k.architecture} ${k.kernel}: ${k.registers} registers, ${k.staticSharedBytes} bytes static shared, ` +
      `spills ${k.spillStores}/${k.spillLoads}`,
  );
}
const bytes = [...Object.keys(files), "resources.json"].reduce((sum, f) => sum + statSync(join(target, f)).size, 0);
console.log(`build/gpu: ${(bytes / 1e6).toFixed(1)} MB`);
if (bytes > 6e6) fail(`build/gpu has ${bytes} bytes; it should travel easily, in at most 6,000,000`);
