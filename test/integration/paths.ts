/** Where the models are. */
import { fileURLToPath } from "node:url";
import type { Answer, BatchAnswer } from "../../src/index.js";

const at = (folder: string, name: string): string => fileURLToPath(new URL(`../../${folder}/${name}`, import.meta.url));

/** A bundled digit model or file. */
export const digits = (name: string): string => at("examples/digits", name);

/** A small odd model of `scripts/fixtures/make_models.py`. */
export const fixture = (name: string): string => at("test/fixtures/models", `${name}.onnx`);

/** What `call` throws or rejects with. */
export async function errorOf(call: () => unknown): Promise<Error> {
  try {
    await call();
  } catch (thrown) {
    if (thrown instanceof Error) return thrown;
    throw new Error(`threw ${String(thrown)}, not an Error`);
  }
  throw new Error("did not throw");
}

/** The answer of row `i` of a batch. @throws the row's error when it has none */
export function answered(batch: BatchAnswer, i: number): Answer {
  const row = batch.at(i);
  if (row.error !== null) throw row.error;
  return row;
}
