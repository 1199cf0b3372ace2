/** Where things are: the checkout, or the folder of `npm run gpu:bundle -- --e2e`, whatever this was compiled to. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

export const root: string = packageFolder(import.meta.dirname);
export const digitsFolder: string = join(root, "examples/digits");
export const modelPath = (name: string): string => join(digitsFolder, name);

function packageFolder(from: string): string {
  if (existsSync(join(from, "package.json")) || dirname(from) === from) return from;
  return packageFolder(dirname(from));
}
