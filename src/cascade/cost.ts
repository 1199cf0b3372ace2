/**
 * What a cascade has cost, against a reference on the same rows. Path-cumulative: every visited tier and every
 * executed member is charged, padded and repeated rows too.
 */

import { shownWhole } from "../calls/show.js";
import { invalidArgument, quotedList } from "../errors.js";
import { suggestion } from "../spec/nearest.js";
import type { CallPrice, Price } from "../spec/options.js";
import { type ResolvedPrice, type ResolvedSpec, resolvePrice } from "../spec/resolve.js";
import { checkOptions } from "../spec/schema.js";
import type { CascadeCounters, MemberCounters } from "./counters.js";
import type { FlopsTable, TierInfo } from "./info.js";
import { type MemberPlace, type ReferenceModel, referencedMembers } from "./reference.js";

/** Four ways to measure cost; null = not known. */
export interface CostFigures {
  readonly flops: number | null;
  /** In the currency of the prices. */
  readonly money: number | null;
  /** Moved to and from devices and function members. */
  readonly bytes: number | null;
  /** Busy time of devices, in milliseconds; not latency. */
  readonly busyMs: number | null;
}

/** The cost of one member of a tier. */
export interface MemberCost extends CostFigures {
  readonly name: string;
}

/** The cost of one tier: the sum over its members. */
export interface TierCost extends CostFigures {
  readonly name: string;
  readonly members: readonly MemberCost[];
}

/** What the rows have cost, and what they would have cost at the reference alone. */
export interface CostReport {
  /** Rows that were answered. */
  readonly rows: number;
  /** The sum over `tiers`. */
  readonly cascade: CostFigures;
  /** The same rows at the reference alone, from its own rates so far; null where it has not run yet. */
  readonly reference: CostFigures;
  /** reference / cascade: 14 says that the cascade is 14 times cheaper, below 1 that it costs more. */
  readonly ratio: CostFigures;
  readonly tiers: readonly TierCost[];
}

/** Options of `cost()`. */
export interface CostOptions {
  /** Prices by tier name, in place of the specification's. @default the specification's */
  readonly prices?: Readonly<Record<string, Price>>;
  /**
   * What the same rows are said to have cost otherwise: a tier or a member by name ("best.onnx"; "tier/member" where
   * several members have it), or a model that is in no tier, by what a row of it costs. @default the last tier
   */
  readonly reference?: string | ReferenceModel;
  /** An earlier snapshot: costs since then. @default since the cascade was opened */
  readonly since?: CascadeCounters;
}

/** @throws QuorateError: unknown options, tiers or members, or a price that is none */
export function checkCostOptions(options: CostOptions, spec: ResolvedSpec): void {
  checkOptions("cost", options);
  const { prices = {}, reference } = options;
  checkPrices(prices, spec);
  if (typeof reference === "string") referencedMembers(reference, spec);
}

function checkPrices(prices: Readonly<Record<string, Price>>, { tiers }: ResolvedSpec): void {
  const names = tiers.map(({ name }) => name);
  const unknown = Object.keys(prices).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const meant = suggestion(unknown, names) || ".";
  throw invalidArgument(`cost, /prices: there is no tier "${unknown}" (tiers: ${quotedList(names)})${meant}`);
}

/** A member's part of everything, with its rates. */
interface MemberUse {
  readonly counters: MemberCounters;
  readonly flopsPerRow: number | null;
  /** Busy time and device bytes charged to this member. */
  readonly busyMs: number;
  readonly deviceBytes: number;
  readonly price: ResolvedPrice;
  /** null: no function. */
  readonly callPrice: Required<CallPrice> | null;
}

export function costOf(
  spec: ResolvedSpec,
  counters: CascadeCounters,
  flops: FlopsTable,
  { prices = {}, reference: wanted }: CostOptions,
  infos: readonly TierInfo[],
): CostReport {
  const uses = spec.tiers.map((_, t) => tierUse(spec, counters, flops, prices, t));
  const tiers = uses.map((members, t) => {
    const costs = members.map((use) => ({ name: use.counters.name, ...memberCost(use) }));
    return { name: counters.tiers[t]?.name ?? "", ...total(costs), members: costs };
  });
  const rates = uses.map((members, t) => members.map((use, m) => withEarlier(use, earlierUses(uses, infos, [t, m]))));
  const rows = counters.tiers.reduce((sum, tier) => sum + tier.exited, 0);
  const cascade = total(tiers);
  const reference = typeof wanted === "object" ? givenCost(wanted, rows) : referenceCost(wanted, rows, spec, rates);
  const ratio = combine((name) => ratioOf(reference[name], cascade[name]));
  return shownWhole({ rows, cascade, reference, ratio, tiers });
}

/** Of `rows` rows at a tier or member, at the rates seen so far. */
function referenceCost(
  name: string | undefined,
  rows: number,
  spec: ResolvedSpec,
  uses: readonly (readonly MemberUse[])[],
): CostFigures {
  const members = referencedMembers(name, spec).flatMap(([t, m]) => uses[t]?.[m] ?? []);
  return total(members.map((use) => memberCost(extrapolate(use, rows))));
}

/** Of `rows` rows at a model that is in no tier. */
function givenCost(model: ReferenceModel, rows: number): CostFigures {
  const of = (perRow: number | undefined): number | null => (perRow === undefined ? null : perRow * rows);
  return {
    flops: of(model.flopsPerRow),
    money: of(model.moneyPerRow),
    bytes: of(model.bytesPerRow),
    busyMs: of(model.busyMsPerRow),
  };
}

function tierUse(
  spec: ResolvedSpec,
  counters: CascadeCounters,
  flops: FlopsTable,
  prices: Readonly<Record<string, Price>>,
  t: number,
): MemberUse[] {
  const tier = counters.tiers[t];
  if (tier === undefined) return [];
  const price = resolvePrice(prices[tier.name] ?? spec.tiers[t]?.price);
  const deviceBytes = shares(tier.bytesToDevice + tier.bytesToHost, tier.members.length);
  return tier.members.map((member, m) => {
    const options = spec.tiers[t]?.members[m];
    return {
      counters: member,
      flopsPerRow: flops[t]?.[m] ?? null,
      busyMs: counters.devices.reduce((sum, device) => sum + (device.memberBusyMs[t]?.[m] ?? 0), 0),
      deviceBytes: deviceBytes[m] ?? 0,
      price,
      callPrice: options?.kind === "function" ? options.price : null,
    };
  });
}

function memberCost({ counters, flopsPerRow, busyMs, deviceBytes, price, callPrice }: MemberUse): CostFigures {
  const run = counters.rowsRun + counters.rowsRepeated;
  const rows = run + counters.rowsPadded;
  const network = counters.bytesSent + counters.bytesReceived;
  const money =
    (price.perHour * busyMs) / 3.6e6 +
    (price.perRow + (callPrice?.perRow ?? 0)) * run +
    price.perGigabyte * (network / 1e9) +
    (callPrice?.perCall ?? 0) * counters.calls +
    counters.reportedCost;
  // A member that has not run costs nothing, whether or not its FLOPs are known.
  return {
    flops: rows === 0 ? 0 : product(flopsPerRow, rows),
    money,
    bytes: network + deviceBytes,
    busyMs,
  };
}

/** The same model in earlier tiers, whose answers the member uses again. */
function earlierUses(
  uses: readonly (readonly MemberUse[])[],
  infos: readonly TierInfo[],
  [t, m]: MemberPlace,
): readonly MemberUse[] {
  const reuses = infos[t]?.members[m]?.reuses ?? null;
  if (reuses === null) return [];
  const tier = infos.findIndex(({ name }) => name === reuses.tier);
  const use = uses[tier]?.[reuses.member];
  return use === undefined ? [] : [use, ...earlierUses(uses, infos, [tier, reuses.member])];
}

/** The member with what the same model ran elsewhere: its rates come from all of it. */
function withEarlier(use: MemberUse, earlier: readonly MemberUse[]): MemberUse {
  const all = [use, ...earlier];
  const sum = (figure: (part: MemberUse) => number): number => all.reduce((total, part) => total + figure(part), 0);
  return {
    ...use,
    busyMs: sum(({ busyMs }) => busyMs),
    deviceBytes: sum(({ deviceBytes }) => deviceBytes),
    counters: { ...use.counters, rowsRun: sum(({ counters }) => counters.rowsRun) },
  };
}

/** The member had it run `rows` rows at the rates seen so far; what has no rate yet becomes NaN, for `known`. */
function extrapolate(use: MemberUse, rows: number): MemberUse {
  const ran = use.counters.rowsRun;
  const scaled = (value: number): number => (rows === 0 ? 0 : (value / ran) * rows);
  return {
    ...use,
    busyMs: scaled(use.busyMs),
    deviceBytes: scaled(use.deviceBytes),
    counters: {
      ...use.counters,
      rowsRun: rows,
      rowsPadded: 0,
      rowsRepeated: 0,
      calls: scaled(use.counters.calls),
      bytesSent: scaled(use.counters.bytesSent),
      bytesReceived: scaled(use.counters.bytesReceived),
      reportedCost: scaled(use.counters.reportedCost),
    },
  };
}

function total(parts: readonly CostFigures[]): CostFigures {
  return combine((name) => parts.reduce<number | null>((sum, part) => plus(sum, part[name]), 0));
}

function combine(figure: (name: keyof CostFigures) => number | null): CostFigures {
  return { flops: figure("flops"), money: figure("money"), bytes: figure("bytes"), busyMs: figure("busyMs") };
}

function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null || Number.isNaN(b) ? null : a + b;
}

function product(a: number | null, b: number): number | null {
  return a === null ? null : a * b;
}

function ratioOf(reference: number | null, cascade: number | null): number | null {
  return reference === null || cascade === null || cascade === 0 ? null : reference / cascade;
}

/** `amount` in equal whole parts, the remainder to the first. */
function shares(amount: number, parts: number): number[] {
  const each = Math.floor(amount / parts);
  return Array.from({ length: parts }, (_, i) => (i === 0 ? amount - each * (parts - 1) : each));
}
