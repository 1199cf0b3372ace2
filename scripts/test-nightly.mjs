// `npm run test:nightly [-- asan]`: the property tests with more rows and schedules than every change can wait for. Their
// numbers are taken from QUORATE_PROPERTY_ROWS (engine, 1e7), QUORATE_DEVICE_SCHEDULES (engine and pipeline on simulated
// devices, 1e5 each) and QUORATE_INTERLEAVING_ROWS (through the addon, 1e6 of each kind). With the preset `asan` the native
// ones alone, 3e6 and 2e4. The programs are run without ctest, whose time limits are meant for the usual numbers.
import { join } from "node:path";
import { buildTools, fail, find, jobs, need, root, run } from "./lib/tools.mjs";

const preset = process.argv[2] ?? "native";
const numbers = {
  native: { QUORATE_PROPERTY_ROWS: "10000000", QUORATE_DEVICE_SCHEDULES: "100000" },
  asan: { QUORATE_PROPERTY_ROWS: "3000000", QUORATE_DEVICE_SCHEDULES: "20000" },
};
if (numbers[preset] === undefined) fail(`preset ${preset} is unknown, expected ${Object.keys(numbers).join(" or ")}`);
const propertyTests = [
  "engine/engine_property_test",
  "engine/engine_rejects_property_test",
  "engine/engine_device_property_test",
  "device/pipeline_property_test",
];

timed("build", () => {
  const cmake = buildTools();
  need(find("ninja"), "Ninja (the presets use it)", "generator");
  run(cmake, ["--preset", preset, "--log-level=WARNING"], { stdio: ["ignore", "ignore", "inherit"] });
  const targets = propertyTests.map((path) => path.split("/").at(-1));
  run(cmake, ["--build", "--preset", preset, "--parallel", String(jobs), "--target", ...targets]);
});

for (const path of propertyTests) {
  timed(path, () => {
    run(join(root, "build/cmake", preset, "test/native", path), [], {
      env: { ...numbers[preset], ...process.env },
    });
  });
}

if (preset === "native") {
  timed("test/integration/interleaving.test.ts", () => {
    run(process.execPath, [join(root, "scripts/setup.mjs")]);
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    run(process.execPath, [vitest, "run", "--project", "core", "test/integration/interleaving.test.ts"], {
      env: { QUORATE_INTERLEAVING_ROWS: "1000000", ...process.env },
    });
  });
}

function timed(name, work) {
  const start = performance.now();
  work();
  console.log(`quorate: ${name} ok in ${((performance.now() - start) / 1000).toFixed(0)} s`);
}
