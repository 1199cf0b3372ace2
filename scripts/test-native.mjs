// `npm run test:native [-- PRESET [ctest arguments]]`: builds and runs the native tests; PRESET is native, asan, tsan or cuda.
// Under tsan only the tests with threads of their own are built and run (label "threads"), with --whole all of them.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { buildTools, find, jobs, need, root, run } from "./lib/tools.mjs";

const [preset = "native", ...given] = process.argv.slice(2);
const rest = given.filter((argument) => argument !== "--whole");
const threadsOnly = preset === "tsan" && rest.length === given.length;
const cmake = buildTools();
need(find("ninja"), "Ninja (the presets use it)", "generator");
run(cmake, ["--preset", preset, "--log-level=WARNING"], { stdio: ["ignore", "ignore", "inherit"] });
const target = threadsOnly ? ["--target", "quorate_threaded_tests"] : [];
run(cmake, ["--build", "--preset", preset, "--parallel", String(jobs), ...target]);

const ctest = ["ctest", "--preset", preset, "--no-tests=error", "-j", String(jobs)];
if (threadsOnly) ctest.push("-L", "threads");
// ThreadSanitizer cannot start under some kernels' address randomisation.
if (preset === "tsan" && find("setarch")) ctest.unshift("setarch", "-R");
const [program, ...args] = [...ctest, ...rest];
run(program, args, {
  cwd: root,
  env: {
    ...process.env,
    QUORATE_ONNXRUNTIME_PATH: process.env.QUORATE_ONNXRUNTIME_PATH ?? developmentRuntime(),
    ASAN_OPTIONS: process.env.ASAN_OPTIONS ?? "detect_leaks=1:strict_string_checks=1",
    UBSAN_OPTIONS: process.env.UBSAN_OPTIONS ?? "print_stacktrace=1",
    TSAN_OPTIONS: process.env.TSAN_OPTIONS ?? "halt_on_error=1:second_deadlock_stack=1",
  },
});

/** The ONNX Runtime library of the development dependency, for the tests of native/ort. */
function developmentRuntime() {
  const bin = join(root, "node_modules/onnxruntime-node/bin");
  try {
    for (const napi of readdirSync(bin)) {
      const folder = join(bin, napi, process.platform, process.arch);
      const library = readdirSync(folder).find((name) => /^libonnxruntime\.(so|\d)/.test(name));
      if (library) return join(folder, library);
    }
  } catch {}
  return "";
}
