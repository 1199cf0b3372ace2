/** What a cascade is going to do, before any traffic. */

import type { NativeInfo, NativeMemberInfo, NativeTensorInfo, NativeTierDevice } from "../native/contract.js";
import { specWarnings } from "../spec/check.js";
import type { Price } from "../spec/options.js";
import type { ResolvedSpec, ResolvedTier } from "../spec/resolve.js";
import { describeRule, requiredVotes } from "../spec/rule-meaning.js";
import type { FlopsTable } from "./engine.js";

/** One member, as it was loaded. */
export interface MemberExplanation extends NativeMemberInfo {
  /** null when unknown (functions), or when measuring failed. */
  readonly flopsPerRow: number | null;
}

/** One tier. */
export interface TierExplanation {
  readonly name: string;
  /** The rule in words; "every row leaves here" on a last tier without one. */
  readonly exitWhen: string;
  /** The fewest votes with which a row can leave; null when the rule does not count votes. */
  readonly requiredVotes: number | null;
  readonly combine: "vote" | "mean";
  readonly evidence: "tier" | "cumulative";
  readonly execution: "concurrent" | "sequential";
  readonly members: readonly MemberExplanation[];
  /** How it runs on a GPU; null: on the host. */
  readonly device: NativeTierDevice | null;
  /** Sum over the members; null when one is unknown. */
  readonly flopsPerRow: number | null;
  readonly price: Price;
}

/** Everything `explain()` says; plain data. */
export interface Explanation {
  readonly runtime: {
    readonly version: string;
    readonly path: string;
    /** False when another user of the library had opened it before telemetry could be turned off. */
    readonly telemetryOff: boolean;
  };
  /** Number of classes. */
  readonly classes: number;
  readonly classNames: readonly string[] | null;
  /** Request tensors: what a call must give. */
  readonly tensors: readonly NativeTensorInfo[];
  readonly tiers: readonly TierExplanation[];
  readonly warnings: readonly string[];
}

/** @param flops a table, or why there is none */
export function explanationOf(spec: ResolvedSpec, info: NativeInfo, flops: FlopsTable | Error): Explanation {
  const { runtimeVersion, runtimePath, telemetryOff } = info;
  const table = flops instanceof Error ? [] : flops;
  return {
    runtime: { version: runtimeVersion, path: runtimePath, telemetryOff },
    classes: info.classes,
    classNames: spec.classNames,
    tensors: info.tensors,
    tiers: spec.tiers.map((tier, t) => explainTier(tier, info.tiers[t], table[t] ?? [])),
    warnings: [
      ...specWarnings(spec),
      ...info.warnings,
      ...(flops instanceof Error ? [`FLOPs could not be measured: ${flops.message}`] : []),
    ],
  };
}

function explainTier(
  tier: ResolvedTier,
  info: NativeInfo["tiers"][number] | undefined,
  flops: readonly number[],
): TierExplanation {
  const rule = tier.exitWhen;
  const members = info?.members ?? [];
  const known = members.map((_, m) => flops[m] ?? -1);
  return {
    name: tier.name,
    exitWhen: rule === null ? "every row leaves here" : describeRule(rule, tier.members.length),
    requiredVotes: (rule && requiredVotes(rule, tier.members.length)) ?? null,
    combine: tier.combine,
    evidence: tier.evidence,
    execution: tier.execution,
    members: members.map((member, m) => ({ ...member, flopsPerRow: orNull(known[m] ?? -1) })),
    device: info?.device ?? null,
    flopsPerRow: known.some((figure) => figure < 0) ? null : known.reduce((sum, figure) => sum + figure, 0),
    price: tier.price,
  };
}

function orNull(flops: number): number | null {
  return flops < 0 ? null : flops;
}
