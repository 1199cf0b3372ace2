/** What a cascade's cost stands beside: a tier, a member, or a model that is in no tier. */
import { invalidArgument, quotedList } from "../errors.js";
import { suggestion } from "../spec/nearest.js";
import type { ResolvedSpec } from "../spec/resolve.js";

/** A model that is in no tier, by what a row of it costs. What is left out is unknown. */
export interface ReferenceModel {
  readonly flopsPerRow?: number;
  /** In the currency of the prices. */
  readonly moneyPerRow?: number;
  readonly bytesPerRow?: number;
  readonly busyMsPerRow?: number;
}

/** Where a member stands: its tier's index, and its own. */
export type MemberPlace = readonly [tier: number, member: number];

/**
 * The members that a reference by name means: those of the tier of that name, else the one member of that name, or
 * the one that "tier/member" says.
 * @throws QuorateError: there is none, or several members have the name
 */
export function referencedMembers(name: string | undefined, { tiers }: ResolvedSpec): readonly MemberPlace[] {
  const places = tiers.map(({ members }, t) => members.map((_, m): MemberPlace => [t, m]));
  if (name === undefined) return places.at(-1) ?? [];
  const tier = tiers.findIndex((other) => other.name === name);
  if (tier >= 0) return places[tier] ?? [];
  const named = tiers.flatMap(({ name: tierName, members }, t) =>
    members.map((member, m) => ({ name: member.name, full: `${tierName}/${member.name}`, place: [t, m] as const })),
  );
  const meant = named.filter((member) => member.name === name || member.full === name);
  const [first] = meant;
  if (first !== undefined && meant.length === 1) return [first.place];
  if (first !== undefined) {
    const full = [...new Set(meant.map((member) => member.full))];
    const say = full.length > 1 ? `say which: ${quotedList(full)}` : "give them names of their own";
    throw invalidArgument(`cost, /reference: ${meant.length} members are called "${name}"; ${say}.`);
  }
  const known = [...tiers.map((other) => other.name), ...new Set(named.map((member) => member.name))];
  const hint = suggestion(name, [...known, ...named.map((member) => member.full)]) || ".";
  throw invalidArgument(
    `cost, /reference: there is no tier or member "${name}" (there are ${quotedList(known)})${hint}`,
  );
}
