// Fails when a file depends on a layer it must not know. The tables are the architecture.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkTypeScript } from "./lib/source-layers.mjs";
import { root } from "./lib/tools.mjs";

/** native/: layer -> layers it may include. A layer may always include itself. */
const nativeLayers = {
  base: [],
  kernels: ["base"],
  model: ["base"],
  scheduler: ["base"],
  cuda_setup: ["base"],
  onnx: ["base", "model"],
  device: ["base", "kernels", "model"],
  ort: ["base", "model", "device", "onnx", "cuda_setup"],
  plan: ["base", "kernels", "model", "device"],
  replay: ["base", "kernels", "plan"],
  engine: ["base", "kernels", "model", "device", "scheduler", "plan"],
  addon: ["base", "kernels", "model", "device", "scheduler", "cuda_setup", "plan", "engine", "ort"],
};

/** Outside headers -> the only files that may include them. */
const guarded = [
  { header: /^(napi|node_api|js_native_api)/, owner: /^addon\//, name: "addon/ may include Node-API" },
  { header: /^onnxruntime/, owner: /^ort\//, name: "ort/ may include ONNX Runtime" },
  {
    header: /^(cuda|cub\/|nv\/|cooperative_groups)/,
    owner: /^(kernels|device)\/cuda\//,
    name: "kernels/cuda/ and device/cuda/ may include CUDA",
  },
];

const violations = [...checkNative(), ...checkTypeScript(root)];
if (violations.length > 0) {
  console.error(violations.join("\n"));
  process.exit(1);
}

function files(folder, pattern) {
  const names = readdirSync(join(root, folder), { recursive: true }).map((name) => name.replaceAll("\\", "/"));
  return names.filter((name) => pattern.test(name)).sort();
}

/** Calls visit(line, place) for every line of the folder's files that match. */
function eachLine(folder, pattern, visit) {
  const names = files(folder, pattern);
  for (const name of names) {
    const lines = readFileSync(join(root, folder, name), "utf8").split("\n");
    for (const [index, line] of lines.entries()) visit(line, name, `${folder}/${name}:${index + 1}`);
  }
  console.log(`${folder}/: ${names.length} files checked against the layers`);
}

function checkNative() {
  const found = [];
  eachLine("native", /\.(h|cc|cuh|cu)$/, (line, name, place) => {
    const layer = name.split("/")[0];
    const included = /^\s*#\s*include\s+["<]([^">]+)[">]/.exec(line)?.[1];
    if (!included) return;
    if (!nativeLayers[layer]) found.push(`${place}: native/${layer} is no layer`);
    const target = /^native\/([^/]+)\//.exec(included)?.[1];
    if (target && target !== layer && !nativeLayers[layer]?.includes(target)) {
      found.push(`${place}: ${layer} must not include ${target}`);
    }
    if (target === "ort" && layer === "addon" && name !== "addon/process_services.cc") {
      found.push(`${place}: only addon/process_services.cc may include ort`);
    }
    if (target && line.includes("<")) found.push(`${place}: write our own headers in quotes`);
    for (const { header, owner, name: rule } of guarded) {
      if (header.test(included) && !owner.test(name)) found.push(`${place}: only ${rule}`);
    }
  });
  return found;
}
