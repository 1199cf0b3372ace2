// `npm run test:nightly`: the property tests with more rows than every change can wait for. Numbers of rows are taken
// from QUORATE_PROPERTY_ROWS (engine, 1e7) and QUORATE_INTERLEAVING_ROWS (through the addon, 1e6 of each kind).
import { join } from "node:path";
import { buildTools, find, jobs, need, root, run } from "./lib/tools.mjs";

timed("engine_property_test", () => {
  const cmake = buildTools();
  need(find("ninja"), "Ninja (the presets use it)", "generator");
  run(cmake, ["--preset", "native", "--log-level=WARNING"], { stdio: ["ignore", "ignore", "inherit"] });
  const build = ["--build", "--preset", "native", "--parallel", String(jobs), "--target", "engine_property_test"];
  run(cmake, build);
  run(join(root, "build/cmake/native/test/native/engine/engine_property_test"), [], {
    env: { QUORATE_PROPERTY_ROWS: "10000000", ...process.env },
  });
});

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
