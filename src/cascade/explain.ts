/** What a cascade is going to do, before any traffic. */

import { shownWhole } from "../calls/show.js";
import { specWarnings } from "../spec/check.js";
import type { RequestTensor } from "../spec/element-type.js";
import type { ResolvedSpec } from "../spec/resolve.js";
import type { CascadeCounters } from "./counters.js";
import type { CascadeInfo, FlopsTable, HashTable, MemberInfo, RuntimeInfo, TierInfo } from "./info.js";
import { invalidVotesSoFar } from "./invalid-votes.js";
import { orderWarnings } from "./tier-order.js";

/** One member, as it was loaded and measured. */
export interface MemberExplanation extends MemberInfo {
  /** null when unknown (functions), or when measuring failed. */
  readonly flopsPerRow: number | null;
  /** SHA-256 of the model's file and its external data, 64 hexadecimal digits; null for functions, or not known. */
  readonly sha256: string | null;
}

/** One tier. */
export interface TierExplanation extends TierInfo {
  readonly members: readonly MemberExplanation[];
  /** Sum over the members; null when one is unknown. */
  readonly flopsPerRow: number | null;
}

/** Everything `explain()` says; plain data. */
export interface Explanation {
  readonly runtime: RuntimeInfo;
  /** Number of classes. */
  readonly classes: number;
  readonly classNames: readonly string[] | null;
  /** Request tensors: what a call must give. */
  readonly inputs: readonly RequestTensor[];
  readonly tiers: readonly TierExplanation[];
  readonly warnings: readonly string[];
}

/** What is found out when somebody asks; the tables, or why there are none. */
export interface Findings {
  readonly flops: FlopsTable | Error;
  readonly hashes: HashTable | Error;
  readonly counters: CascadeCounters;
}

export function explanationOf(spec: ResolvedSpec, info: CascadeInfo, findings: Findings): Explanation {
  const { flops, hashes, counters } = findings;
  const { runtime, classes, inputs, tiers, warnings } = info;
  const table = flops instanceof Error ? [] : flops;
  const hashed = hashes instanceof Error ? [] : hashes;
  const explained = tiers.map((tier, t) => explainTier(tier, table[t] ?? [], hashed[t] ?? []));
  return shownWhole({
    runtime,
    classes,
    classNames: spec.classNames,
    inputs,
    tiers: explained,
    warnings: [
      ...specWarnings(spec, classes),
      ...orderWarnings(explained, spec.tiers),
      ...warnings,
      ...invalidVotesSoFar(info, counters),
      ...(flops instanceof Error ? [`FLOPs could not be measured: ${flops.message}`] : []),
      ...(hashes instanceof Error ? [`SHA-256 could not be computed: ${hashes.message}`] : []),
    ],
  });
}

function explainTier(
  tier: TierInfo,
  flops: readonly (number | null)[],
  hashes: readonly (string | null)[],
): TierExplanation {
  const members = tier.members.map((member, m) => ({
    ...member,
    flopsPerRow: flops[m] ?? null,
    sha256: hashes[m] ?? null,
  }));
  return { ...tier, members, flopsPerRow: sumOrNull(members.map(({ flopsPerRow }) => flopsPerRow)) };
}

/** null when one of them is. */
function sumOrNull(figures: readonly (number | null)[]): number | null {
  return figures.reduce((sum, figure) => (sum === null || figure === null ? null : sum + figure), 0);
}
