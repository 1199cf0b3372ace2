/** The versions of Node.js that programs of tests run on. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface NodeVersion {
  readonly name: string;
  readonly major: number;
  readonly path: string;
  readonly there: boolean;
}

function other(major: number): NodeVersion {
  const path = fileURLToPath(new URL(`../../build/peers/node-versions/${major}/node`, import.meta.url));
  return { name: `Node ${major}`, major, path, there: existsSync(path) };
}

/** This one, and those that `scripts/peers/node-versions` brings. */
export const nodeVersions: readonly NodeVersion[] = [
  { name: "this Node", major: Number.parseInt(process.versions.node, 10), path: process.execPath, there: true },
  other(22),
  other(24),
];

for (const { name, there } of nodeVersions) {
  if (!there) console.warn(`skipped: run scripts/peers/node-versions for the tests on ${name}.`);
}

/** Why a test on a version that is not there is skipped. */
export const notThere = "scripts/peers/node-versions brings it";
