/** What a cascade is going to do, before any traffic. */

import { sumOrNull } from "../calls/answer.js";
import { shownWhole } from "../calls/show.js";
import type { RequestTensor } from "../spec/element-type.js";
import type { ResolvedSpec } from "../spec/resolve.js";
import { specWarnings } from "../spec/warnings.js";
import type { CascadeCounters, MemberError, TierCounters } from "./counters.js";
import type { CascadeInfo, HashTable, MemberInfo, Profile, RuntimeInfo, TierInfo } from "./info.js";
import { invalidVotesSoFar } from "./invalid-votes.js";
import { orderWarnings } from "./tier-order.js";

/** One member, as it was loaded and measured. */
export interface MemberExplanation extends MemberInfo {
  /** null when unknown (functions), or when measuring failed. */
  readonly flopsPerRow: number | null;
  /** SHA-256 of the model's file and its external data, 64 hexadecimal digits; null for functions, or not known. */
  readonly sha256: string | null;
  /** Why it failed last; null: it has not. */
  readonly lastError: MemberError | null;
}

/** One tier. */
export interface TierExplanation extends TierInfo {
  readonly members: readonly MemberExplanation[];
  /** Sum over the members; null when one is unknown. */
  readonly flopsPerRow: number | null;
  /** Most rows of its batches since larger ones failed for want of memory; null: they have not. */
  readonly memoryRows: number | null;
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
  readonly profile: Profile | Error;
  readonly hashes: HashTable | Error;
  /** By tier. */
  readonly memoryRows: readonly (number | null)[];
  readonly counters: CascadeCounters;
}

export function explanationOf(spec: ResolvedSpec, info: CascadeInfo, findings: Findings): Explanation {
  const { profile, hashes, memoryRows, counters } = findings;
  const { runtime, classes, inputs, tiers, warnings } = info;
  const table = profile instanceof Error ? [] : profile.flops;
  const hashed = hashes instanceof Error ? [] : hashes;
  const explained = tiers.map((tier, t) => ({
    ...explainTier(tier, table[t] ?? [], hashed[t] ?? [], counters.tiers[t]),
    memoryRows: memoryRows[t] ?? null,
  }));
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
      ...(profile instanceof Error
        ? [`FLOPs could not be measured: ${profile.message}`]
        : profileWarnings(spec, profile)),
      ...memoryWarnings(explained),
      ...(hashes instanceof Error ? [`SHA-256 could not be computed: ${hashes.message}`] : []),
    ],
  });
}

function explainTier(
  tier: TierInfo,
  flops: readonly (number | null)[],
  hashes: readonly (string | null)[],
  counted: TierCounters | undefined,
): Omit<TierExplanation, "memoryRows"> {
  const members = tier.members.map((member, m) => ({
    ...member,
    flopsPerRow: flops[m] ?? null,
    sha256: hashes[m] ?? null,
    lastError: counted?.members[m]?.lastError ?? null,
  }));
  return { ...tier, members, flopsPerRow: sumOrNull(members.map((member) => member.flopsPerRow)) };
}

/** Why models have no figure; of functions nobody expects one. */
function profileWarnings({ tiers }: ResolvedSpec, { reasons }: Profile): string[] {
  return tiers.flatMap(({ name, members }, t) =>
    members.flatMap((member, m) => {
      const reason = reasons[t]?.[m] ?? null;
      if (member.kind === "function" || reason === null) return [];
      return [`tier "${name}", member ${m} (${member.name}): its FLOPs are not known: ${reason}`];
    }),
  );
}

function memoryWarnings(tiers: readonly TierExplanation[]): string[] {
  return tiers.flatMap(({ name, memoryRows: rows }) => {
    if (rows === null) return [];
    const most = rows === 1 ? "1 row" : `${rows} rows`;
    return [`tier "${name}": larger runs failed for want of memory, so its batches have at most ${most} since`];
  });
}
