// Fails when the version that src/ has as a constant is not that of package.json.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fail, manifest, root } from "./lib/tools.mjs";

const { version } = manifest();
const source = readFileSync(join(root, "src/version.ts"), "utf8");
if (!source.includes(`version = "${version}"`))
  fail(`src/version.ts has another version than package.json: ${version}`);
