/** Tiers on devices. */
import { ok, strictEqual } from "node:assert/strict";
import { device, isGpuExpected } from "../../bench/lib/device.js";
import { type Cascade, type CascadeSpec, type Device, quorate } from "./package.js";

/** The spec with all tiers on one device, or each on its own. @default the device under test */
export function on(spec: CascadeSpec, devices: Device | readonly Device[] = device): CascadeSpec {
  const of = (t: number): Device => (typeof devices === "string" ? devices : (devices[t] ?? device));
  return { ...spec, tiers: spec.tiers.map((tier, t) => ({ ...tier, device: of(t) })) };
}

/** Builds the cascade. Fails if a tier, or one of its members, is not where it should be. */
export async function open(spec: CascadeSpec): Promise<Cascade> {
  const cascade = await quorate.Cascade.fromSpec(spec);
  for (const [t, { name, members, device: place }] of cascade.tiers.entries()) {
    const wanted = spec.tiers[t]?.device ?? "auto";
    const reasons = members.map(({ deviceReason }) => deviceReason ?? "").join(" ");
    for (const where of [place?.name ?? "cpu", ...members.map((member) => member.device)]) {
      const text = `tier ${name} is on ${where}. ${reasons}`;
      if (wanted === "auto") ok(!isGpuExpected() || where.startsWith("cuda"), text);
      else strictEqual(where, wanted === "cuda" ? "cuda:0" : wanted, text);
    }
  }
  return cascade;
}

/** Where the tiers are, and what explain() warns of: for reports. */
export async function placesOf(cascade: Cascade): Promise<string[]> {
  const { tiers, warnings } = await cascade.explain();
  const places = tiers.map(({ name, device: place }) => {
    if (place === null) return `${name}: CPU`;
    const mebibytes = (place.bytes / 2 ** 20).toFixed(1);
    return `${name}: ${place.name}, batches of ${place.buckets.join(", ")} rows, ${mebibytes} MiB`;
  });
  return [places.join("; "), ...warnings];
}
