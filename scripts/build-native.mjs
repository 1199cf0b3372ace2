#!/usr/bin/env node
// Builds the addon with CMake into build/Release/quorate.node.
// In a checkout `npm run build` calls it; from an installed package it is `npx quorate-build`.
// QUORATE_CMAKE_ARGS adds CMake arguments, as -DQUORATE_CUDA=ON.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildTools, cmakeGenerator, fail, jobs, root, run } from "./lib/tools.mjs";

export const addonPath = join(root, "build", "Release", "quorate.node");

/** Configures and builds; ends the process with one sentence when a tool is missing or the build fails. */
export function buildNative() {
  const cmake = buildTools();
  const require = createRequire(join(root, "package.json"));
  for (const name of ["node-addon-api", "node-api-headers"]) {
    try {
      require.resolve(name);
    } catch {
      fail(`the package ${name} is missing; install it with: npm install --save-dev node-addon-api node-api-headers`);
    }
  }
  const generator = cmakeGenerator();
  // One tree per generator: CMake refuses to change it.
  const tree = join(root, "build", "cmake", generator === "Unix Makefiles" ? "addon-make" : "addon");
  const extra = (process.env.QUORATE_CMAKE_ARGS ?? "").split(/\s+/).filter(Boolean);
  const generatorArgs = generator ? ["-G", generator] : [];
  const quiet = ["--log-level=WARNING"];
  run(
    cmake,
    ["-S", root, "-B", tree, ...generatorArgs, ...quiet, "-DCMAKE_BUILD_TYPE=Release", "-DQUORATE_ADDON=ON", ...extra],
    {
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  run(cmake, ["--build", tree, "--config", "Release", "--parallel", String(jobs)]);
  if (!existsSync(addonPath)) fail(`the build finished without ${addonPath}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href || process.argv[1]?.endsWith("quorate-build")) {
  buildNative();
  console.log(addonPath);
}
