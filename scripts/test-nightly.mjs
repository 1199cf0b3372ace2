// `npm run test:nightly`: the property tests with more rows and schedules than every change can wait for. Their numbers are
// taken from QUORATE_PROPERTY_ROWS (engine, 1e7), QUORATE_DEVICE_SCHEDULES (engine and pipeline on simulated devices, 1e5
// each) and QUORATE_INTERLEAVING_ROWS (through the addon, 1e6 of each kind).
import { join } from "node:path";
import { buildTools, find, jobs, need, root, run } from "./lib/tools.mjs";

const propertyTests = [
  "engine/engine_property_test",
  "engine/engine_device_property_test",
  "device/pipeline_property_test",
];

timed("build", () => {
  const cmake = buildTools();
  need(find("ninja"), "Ninja (the presets use it)", "generator");
  run(cmake, ["--preset", "native", "--log-level=WARNING"], { stdio: ["ignore", "ignore", "inherit"] });
  const targets = propertyTests.map((path) => path.split("/").at(-1));
  run(cmake, ["--build", "--preset", "native", "--parallel", String(jobs), "--target", ...targets]);
});

for (const path of propertyTests) {
  timed(path, () => {
    run(join(root, "build/cmake/native/test/native", path), [], {
      env: { QUORATE_PROPERTY_ROWS: "10000000", QUORATE_DEVICE_SCHEDULES: "100000", ...process.env },
    });
  });
}

timed("test/integration/interleaving.test.ts", () => {
  run(process.execPath, [join(root, "scripts/setup.mjs")]);
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  run(process.execPath, [vitest, "run", "--project", "core", "test/integration/interleaving.test.ts"], {
    env: { QUORATE_INTERLEAVING_ROWS: "1000000", ...process.env },
  });
});

function timed(name, work) {
  const start = performance.now();
  work();
  console.log(`quorate: ${name} ok in ${((performance.now() - start) / 1000).toFixed(0)} s`);
}
