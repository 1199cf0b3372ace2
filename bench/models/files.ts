/** Generated models as files, for sessions open models by path. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/root.js";

const folder = join(root, "build/bench-models");

/** One file per seed, 1 to `count`; a file that is there already is kept: its name says what is in it. */
export function modelFiles(name: string, build: (seed: number) => Uint8Array, count: number): string[] {
  return Array.from({ length: count }, (_, i) => modelFile(`${name}-${i + 1}`, build(i + 1)));
}

function modelFile(name: string, bytes: Uint8Array): string {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  const path = join(folder, `${name}-${hash}.onnx`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  // Never half a file under the final name: another bench may look for it right now.
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, bytes);
  renameSync(unfinished, path);
  return path;
}
