/** Tiers that cost less than one before them: rows go on from the dear to the cheap. */

import type { ResolvedTier } from "../spec/resolve.js";
import type { TierInfo } from "./info.js";

/** What one row costs in a tier, in a unit of which tiers that are compared have the same; null: not known. */
interface RowCost {
  readonly amount: number;
  readonly unit: "FLOPs" | "of money";
  /** Only within one place do FLOPs tell what costs more. */
  readonly place: string;
}

/** What is known of a tier, with the FLOPs of its members per row. */
type MeasuredTier = Pick<TierInfo, "name" | "members"> & { readonly flopsPerRow: number | null };

/** A sentence for each tier that costs less per row than an earlier one. */
export function orderWarnings(tiers: readonly MeasuredTier[], resolved: readonly ResolvedTier[]): string[] {
  const costs = tiers.map((tier, t) => rowCost(tier, resolved[t]));
  return tiers.flatMap(({ name }, t) => {
    const cost = costs[t];
    if (!cost) return [];
    const before = costs.findIndex(
      (earlier, e) =>
        e < t && earlier?.unit === cost.unit && earlier.place === cost.place && earlier.amount > cost.amount,
    );
    const earlier = costs[before];
    if (!earlier) return [];
    return [
      `tier "${name}" takes ${shown(cost)} per row, less than tier "${tiers[before]?.name}" before it, ` +
        `which takes ${shown(earlier)}; cheap tiers come first.`,
    ];
  });
}

function rowCost(tier: MeasuredTier, resolved: ResolvedTier | undefined): RowCost | null {
  if (resolved === undefined) return null;
  const { price, members } = resolved;
  const calls = members.flatMap((member) => (member.kind === "function" ? [member.price] : []));
  // What depends on time, bytes or the size of batches is not known per row.
  if (price.perHour > 0 || price.perGigabyte > 0 || calls.some(({ perCall }) => perCall > 0)) return null;
  const money = calls.reduce((sum, { perRow }) => sum + perRow, members.length * price.perRow);
  if (money > 0) return { amount: money, unit: "of money", place: "" };
  if (tier.flopsPerRow === null) return null;
  return {
    amount: tier.flopsPerRow,
    unit: "FLOPs",
    place: [...new Set(tier.members.map(({ device }) => device))].join(),
  };
}

function shown({ amount, unit }: RowCost): string {
  return `${Number(amount.toPrecision(3))} ${unit}`;
}
