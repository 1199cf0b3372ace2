/** The package as it ships: dist/ of this checkout, or of the folder that travels. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../bench/lib/root.js";
import type * as Package from "../../src/index.js";

export type { BatchAnswer, Cascade, CascadeSpec, Device, QuorateError, Rule, TierSpec } from "../../src/index.js";
export const quorate: typeof Package = await import(pathToFileURL(join(root, "dist/index.js")).href);
