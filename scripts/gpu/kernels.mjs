// build/gpu: quorate-gpu (parity test and bench of the kernels), the conformance vectors, run.sh and resources.json
// (registers, shared memory and spills per kernel).
import { copyFileSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail, jobs, root, run } from "../lib/tools.mjs";
import { configure, megabytes, output } from "./build.mjs";

const tree = join(root, "build/cmake/gpu-bundle");
const target = join(root, "build/gpu");
const mostBytes = 6e6;

/** With `test`, also runs what can run here: the faults, and quorate-gpu, which says whether it ran on a GPU. */
export function kernelsBundle({ architectures, source, test }) {
  const cmake = configure(tree, source, architectures, [
    ...["-DQUORATE_ADDON=OFF", "-DQUORATE_TESTS=ON"],
    // Small: only what is used, and no symbols.
    "-DCMAKE_CXX_FLAGS=-ffunction-sections -fdata-sections",
    "-DCMAKE_EXE_LINKER_FLAGS=-Wl,--gc-sections,--strip-all",
  ]);
  // Kernels are compiled anew, or their resources would not be reported.
  const flags = ["--clean-first", "--verbose", "--parallel", String(jobs), "--target", "quorate_gpu"];
  const log = output(cmake, ["--build", tree, ...flags]);
  if (test) {
    const testing = ["cuda_faults_test", "quorate_stub_driver"];
    output(cmake, ["--build", tree, "--parallel", String(jobs), "--target", ...testing]);
    run("ctest", ["--test-dir", tree, "--no-tests=error", "--output-on-failure", "-R", "^cuda_(faults|parity|bench)"]);
  }
  assemble(log);
}

function assemble(log) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const files = {
    "quorate-gpu": join(tree, "test/native/kernels/quorate-gpu"),
    "vectors.bin": join(tree, "test/native/kernels/vectors.bin"),
    "run.sh": join(root, "scripts/gpu/run-kernels.sh"),
  };
  for (const [name, from] of Object.entries(files)) copyFileSync(from, join(target, name));
  writeFileSync(join(target, "resources.json"), `${JSON.stringify(resources(log), null, 1)}\n`);
  const bytes = [...Object.keys(files), "resources.json"].reduce((sum, f) => sum + statSync(join(target, f)).size, 0);
  console.log(`build/gpu: ${megabytes(bytes)}`);
  if (bytes > mostBytes) fail(`build/gpu has ${bytes} bytes; it should travel easily, in at most ${mostBytes}`);
}

/** `_ZN..12NarrowKernelILi4ELi4ELb1EEEv..` is NarrowKernel<4,4,1>, `_ZN..12GatherKernelIhEEv..` GatherKernel<h>. */
function kernelName(mangled) {
  const [, name, parameters] =
    /\d+((?:Narrow|Wide|Compact|Gather|ClassElements|ClassScores)Kernel)(?:I(\w+?)EEv|E)/.exec(mangled) ?? [];
  if (!name || !parameters) return name ?? mangled;
  const numbers = [...`${parameters}E`.matchAll(/L[ib](\d+)E/g)].map((match) => match[1]);
  return `${name}<${numbers.length > 0 ? numbers : parameters.replace(/^\d+/, "")}>`;
}

/** What each kernel takes, printed and as data. */
function resources(log) {
  const report = readResources(log);
  if (report.length === 0 || report.some(({ registers }) => registers === undefined)) {
    fail("ptxas reported no kernel: was -Xptxas=-v dropped?");
  }
  for (const k of report) {
    console.log(
      `${k.architecture} ${k.kernel}: ${k.registers} registers, ${k.staticSharedBytes} bytes static shared, ` +
        `spills ${k.spillStores}/${k.spillLoads}`,
    );
  }
  return report;
}

/** ptxas says, per architecture and function: its name, its stack and spills; of a kernel then its registers. */
function readResources(log) {
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
