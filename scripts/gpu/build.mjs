// What both bundles for GPU machines need: a build with CUDA, and commands whose output matters only when they fail.
import { join } from "node:path";
import { buildTools, capture, fail, find, need, root } from "../lib/tools.mjs";

/** Standard output and error of a command that must succeed. */
export function output(command, args, options = {}) {
  const { status, stdout, stderr } = capture(command, args, options);
  if (status !== 0) fail(`${command} ${args.join(" ")} failed:\n${(stdout + stderr).slice(-4000)}`);
  return stdout + stderr;
}

/** Configures a tree with CUDA: nvcc is CUDACXX, else nvcc on PATH, else what scripts/cuda-toolkit sets up. */
export function configure(tree, source, architectures, settings) {
  const cmake = buildTools();
  need(find("ninja"), "Ninja", "generator");
  if (!process.env.CUDACXX && !find("nvcc")) {
    process.env.CUDACXX = output("bash", [join(root, "scripts/cuda-toolkit")])
      .trim()
      .split("\n")
      .at(-1);
  }
  output(cmake, [
    ...["--fresh", "-S", source, "-B", tree, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DQUORATE_CUDA=ON"],
    `-DQUORATE_CUDA_ARCHITECTURES=${architectures}`,
    ...settings,
  ]);
  return cmake;
}

export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
