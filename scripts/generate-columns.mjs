// Writes src/spec/columns.ts, the result columns in TypeScript, from the list in native/kernels/columns.h. With
// --check it only says whether the file is up to date.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail, root } from "./lib/tools.mjs";

const source = "native/kernels/columns.h";
const target = "src/spec/columns.ts";
const header = readFileSync(join(root, source), "utf8");

/** The entries of one of the header's lists: [name, type, reasons] each. */
function listOf(macro) {
  const start = header.indexOf(`#define ${macro}(X)`);
  if (start < 0) fail(`${source} has no list ${macro}`);
  const lines = header.slice(start).split("\n");
  const end = lines.findIndex((line) => !line.endsWith("\\"));
  const body = lines.slice(0, end + 1).join("\n");
  const entries = body.matchAll(/X\((\w+), (\w+), \w+, (\w+)\)/g);
  return [...entries].map(([, name, type, reasons]) => [name, type, reasons]);
}

const camelCase = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

const arrays = {
  int32_t: "Int32Array",
  uint8_t: "Uint8Array",
  uint16_t: "Uint16Array",
  RowStatus: "Uint8Array",
  float: "Float32Array",
};
function arrayOf(type) {
  return arrays[type] ?? fail(`${source} has a column of type ${type}, which no array of JavaScript holds`);
}

function bitOf(measure) {
  const value = header.match(new RegExp(`\\b${measure} = (\\d+)`))?.[1];
  return value ?? fail(`${source} does not say which bit ${measure} is`);
}

const measures = listOf("QUORATE_MEASURES");
const always = ["QUORATE_ROW_COLUMNS", "QUORATE_BATCH_COLUMNS", "QUORATE_CALL_COLUMNS"].flatMap(listOf);
const text = `/** Written by scripts/generate-columns.mjs from ${source}, which says what the columns hold. */

/** A number that a cascade reports beside every answer where its \`measures\` ask for it. */
export type Measure = ${measures.map(([name]) => `"${name}"`).join(" | ")};

/** The bit of each measure. */
export const measureBits: Readonly<Record<Measure, number>> = {
${measures.map(([name, , bit]) => `  ${name}: ${bitOf(bit)},`).join("\n")}
};

/** Result columns, a value per row. */
export interface ResultColumns {
${always.map(([name, type]) => `  readonly ${camelCase(name)}: ${arrayOf(type)};`).join("\n")}
${measures.map(([name, type]) => `  readonly ${name}?: ${arrayOf(type)};`).join("\n")}
}
`;

if (process.argv.includes("--check")) {
  if (readFileSync(join(root, target), "utf8") !== text)
    fail(`${target} is stale; run: node scripts/generate-columns.mjs`);
} else {
  writeFileSync(join(root, target), text);
}
