// Builds what the bench runs beside the package: build/Release/quorate_bench.node, kernels_bench, and an addon without
// counters. `npm run bench` calls it after scripts/setup.mjs. Trees of their own; the build tool knows what is stale.
import { join } from "node:path";
import { buildTools, capture, cmakeGenerator, fail, jobs, root, run } from "./lib/tools.mjs";

const cmake = buildTools();
const generator = cmakeGenerator();

function build(name, targets, options) {
  const tree = join(root, "build", "cmake", generator === "Unix Makefiles" ? `${name}-make` : name);
  const generatorArgs = generator ? ["-G", generator] : [];
  const all = ["-DCMAKE_BUILD_TYPE=Release", "-DQUORATE_ADDON=ON", "-DQUORATE_CUDA=OFF", ...options];
  run(cmake, ["-S", root, "-B", tree, ...generatorArgs, "--log-level=WARNING", ...all], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  // Quiet: most of the time there is nothing to do.
  const args = ["--build", tree, "--config", "Release", "--parallel", String(jobs), "--target", ...targets];
  const { status, stdout, stderr } = capture(cmake, args);
  if (status !== 0) fail(`${cmake} ${args.join(" ")} failed (exit ${status})\n${stdout}${stderr}`);
}

build("bench-addon", ["quorate_bench_addon", "kernels_bench"], ["-DQUORATE_BENCH=ON"]);
const withoutCounters = join(root, "build", "cmake", "no-counters");
build("no-counters", ["quorate_addon"], ["-DQUORATE_COUNTERS=OFF", `-DQUORATE_ADDON_DIR=${withoutCounters}`]);
