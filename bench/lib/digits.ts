/** The bundled cascade and rows: examples/digits. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CascadeSpec } from "./cascade-spec.js";
import { digitsFolder } from "./root.js";

export const rowSize = 64;

/** cascade.json with absolute model paths. */
export function digitsSpec(): CascadeSpec {
  const spec = JSON.parse(readFileSync(join(digitsFolder, "cascade.json"), "utf8")) as CascadeSpec;
  return {
    tiers: spec.tiers.map((tier) => ({ ...tier, members: tier.members.map((member) => join(digitsFolder, member)) })),
  };
}

/** The test rows, repeated in order up to `count` rows. */
export function digitRows(count: number): Float32Array {
  const lines = readFileSync(join(digitsFolder, "test.csv"), "utf8").trim().split("\n");
  const images = lines
    .map((line) => line.split(",").slice(0, rowSize).map(Number))
    .filter((image) => image.every((pixel) => Number.isFinite(pixel)));
  const rows = new Float32Array(count * rowSize);
  for (let i = 0; i < count; i++) rows.set(images[i % images.length] ?? [], i * rowSize);
  return rows;
}

/** Row `i` of `rows`, without a copy. */
export function rowAt(rows: Float32Array, i: number): Float32Array {
  const at = (i * rowSize) % rows.length;
  return rows.subarray(at, at + rowSize);
}
