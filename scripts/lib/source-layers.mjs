// src/: which folder may import which. The table is the architecture; a folder may always import itself.
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** The core, and what every outer folder may use beside `index.ts`. Each imports only what stands above it. */
const core = {
  "errors.ts": [],
  "version.ts": [],
  runtime: [],
  statistics: [],
  spec: ["errors.ts", "runtime"],
  rows: ["errors.ts", "spec"],
  native: ["errors.ts", "version.ts", "runtime", "spec"],
  calls: ["errors.ts", "spec", "native"],
  cascade: ["errors.ts", "runtime", "spec", "native", "calls"],
  "index.ts": ["errors.ts", "spec", "native", "calls", "cascade"],
};

const common = ["index.ts", "errors.ts", "version.ts", "statistics", "rows"];

/** Folders on top of the core: one subpath export each, and the command line. */
const outer = {
  calibrate: [...common, "native/replay.ts"],
  text: [...common, "calibrate"],
  plan: [...common, "calibrate"],
  report: [...common, "plan"],
  oip: common,
  remote: [...common, "oip"],
  server: [...common, "oip"],
  cli: [...common, "calibrate", "text", "plan", "report", "oip", "remote", "server"],
};

const layers = { ...core, ...outer };

/** What lies outside src/, and the only folder that may import it. */
const outside = { "../schema/validate.ts": "spec" };

/** @returns one line per unknown folder, import against the table, and circle of files below `root`/src */
export function checkTypeScript(root) {
  const names = readdirSync(join(root, "src"), { recursive: true })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".ts"))
    .sort();
  const imports = new Map(names.map((name) => [name, importsOf(join(root, "src", name), name)]));
  console.log(`src/: ${names.length} files checked against the layers`);
  const unknown = [...new Set(names.map(layerOf))].filter((layer) => layers[layer] === undefined);
  return [
    ...unknown.map((layer) => `src/${layer} is no layer: give it a line in scripts/lib/source-layers.mjs`),
    ...names.flatMap((name) => imports.get(name).flatMap((found) => violations(name, found))),
    ...circles(imports),
  ];
}

/** The files that `name` imports, type imports too, with their lines. */
function importsOf(path, name) {
  const text = readFileSync(path, "utf8");
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+)"/g)].map((match) => ({
    target: posix.join(posix.dirname(name), match[1]).replace(/\.js$/, ".ts"),
    line: text.slice(0, match.index).split("\n").length,
  }));
}

function violations(name, { target, line }) {
  const from = layerOf(name);
  const to = layerOf(target);
  const allowed = layers[from];
  if (allowed === undefined || from === to) return [];
  if (outside[target] === from || allowed.includes(to) || allowed.includes(target)) return [];
  return [`src/${name}:${line}: ${from} must not import ${target.startsWith("..") ? target.slice(3) : target}`];
}

/** A folder of src/, or a file that lies in src/ itself. */
function layerOf(name) {
  return name.split("/")[0];
}

/** Every circle that a walk along the imports closes, once. */
function circles(imports) {
  const found = [];
  const done = new Set();
  const walk = (name, path) => {
    const start = path.indexOf(name);
    if (start >= 0) found.push(`circle: ${[...path.slice(start), name].map((file) => `src/${file}`).join(" -> ")}`);
    if (start >= 0 || done.has(name)) return;
    for (const { target } of imports.get(name) ?? []) walk(target, [...path, name]);
    done.add(name);
  };
  for (const name of imports.keys()) walk(name, []);
  return found;
}
