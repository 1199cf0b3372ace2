/** Where things are, seen from build/bench/lib, where this file runs. */
import { join, resolve } from "node:path";

export const root: string = resolve(import.meta.dirname, "../../..");
export const digitsFolder: string = join(root, "examples/digits");
export const modelPath = (name: string): string => join(digitsFolder, name);
