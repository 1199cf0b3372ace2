/** The Fashion-MNIST models and test rows beside the checkout; not everybody has them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { CascadeSpec } from "./cascade-spec.js";
import type { Rule } from "./quorate.js";
import { root } from "./root.js";

const folder = join(root, "../shared/zoo/fashion-mnist");
const rowSize = 28 * 28;
const headerBytes = 16;

export const fashionIsThere = (): boolean => existsSync(folder);

export function fashionSpec(): CascadeSpec {
  const members = (...names: string[]): string[] => names.map((name) => join(folder, `${name}.onnx`));
  return {
    tiers: [
      { name: "tiny", members: members("tiny-a", "tiny-b", "tiny-c", "tiny-d"), exitWhen: unanimous(0.8) },
      { name: "small", members: members("small-a", "small-b", "small-c"), exitWhen: unanimous(0.8) },
      { name: "large", members: members("large") },
    ],
  };
}

/** The first `count` test images, pixels 0 to 255. */
export function fashionRows(count: number): Float32Array {
  const bytes = gunzipSync(readFileSync(join(folder, "data/t10k-images-idx3-ubyte.gz")));
  return Float32Array.from(bytes.subarray(headerBytes, headerBytes + count * rowSize));
}

function unanimous(score: number): Rule {
  return {
    kind: "allOf",
    rules: [
      { kind: "agreement", threshold: 1 },
      { kind: "score", threshold: score },
    ],
  };
}
