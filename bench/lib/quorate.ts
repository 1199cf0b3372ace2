/** The built package, by what the bench uses of it: so the bench type-checks before dist/ exists. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./root.js";

export interface Counters {
  readonly tiers: readonly {
    readonly entered: number;
    readonly batches: number;
    readonly queueNs: number;
    readonly gatherNs: number;
    readonly uploadNs: number;
    readonly runNs: number;
    readonly reduceNs: number;
    readonly downloadNs: number;
    readonly scatterNs: number;
    readonly members: readonly { readonly runNs: number }[];
  }[];
  readonly devices: readonly { readonly name: string; readonly busyNs: number }[];
}

export interface Explanation {
  readonly tiers: readonly {
    readonly members: readonly { readonly device: string; readonly deviceReason: string | null }[];
  }[];
}

export interface Cascade {
  run(row: Float32Array): Promise<{ readonly label: number }>;
  runBatch(rows: Float32Array): Promise<{ readonly labels: Int32Array }>;
  stream(source: Iterable<Float32Array>): AsyncIterable<{ readonly label: number }>;
  counters(options?: { readonly since?: Counters }): Counters;
  explain(): Promise<Explanation>;
  close(): Promise<void>;
}

export interface Quorate {
  readonly Cascade: { fromSpec(spec: unknown): Promise<Cascade> };
  agreementAtLeast(threshold: number): unknown;
  scoreAtLeast(threshold: number): unknown;
  allOf(...rules: unknown[]): unknown;
}

export const quorate: Quorate = await import(pathToFileURL(join(root, "dist/index.js")).href);
