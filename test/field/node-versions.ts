/** The versions of Node.js that programs of tests run on. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface NodeVersion {
  readonly name: string;
  readonly path: string;
  readonly there: boolean;
}

function other(major: number): NodeVersion {
  const path = fileURLToPath(new URL(`../../build/peers/node-versions/${major}/node`, import.meta.url));
  const there = existsSync(path);
  return {
    name: there ? `Node ${major}` : `Node ${major} (skipped: scripts/peers/node-versions brings it)`,
    path,
    there,
  };
}

/** This one, and those that `scripts/peers/node-versions` brings. */
export const nodeVersions: readonly NodeVersion[] = [
  { name: "this Node", path: process.execPath, there: true },
  other(22),
  other(24),
];
