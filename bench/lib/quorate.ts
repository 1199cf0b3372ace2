/**
 * The built package. Its types are those of the source where the bench is only checked, before dist/ exists, and of
 * dist/ where it is compiled: `paths` in tsconfig.json and tsconfig.bench.json.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Package from "quorate";
import { root } from "./root.js";

export type { Cascade, CascadeCounters, CascadeSpec, CudaOptions, Device, Rule, TierCounters, TierSpec } from "quorate";
export const quorate: typeof Package = await import(pathToFileURL(join(root, "dist/index.js")).href);
