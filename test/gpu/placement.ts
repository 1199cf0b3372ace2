/** Tiers on devices. */
import { ok, strictEqual } from "node:assert/strict";
import { device, isGpuExpected } from "../../bench/lib/device.js";
import { type Cascade, type CascadeSpec, quorate } from "./package.js";

/** The spec with all tiers on one device, or each on its own. @default the device under test */
export function on(spec: CascadeSpec, devices: string | readonly string[] = device): CascadeSpec {
  const of = (t: number): string => (typeof devices === "string" ? devices : (devices[t] ?? device));
  return { ...spec, tiers: spec.tiers.map((tier, t) => ({ ...tier, device: of(t) })) };
}

/** Builds the cascade. Fails if a member is not where its tier said. */
export async function open(spec: CascadeSpec): Promise<Cascade> {
  const cascade = await quorate.Cascade.fromSpec(spec);
  const { tiers } = await cascade.explain();
  for (const [t, { name, members }] of tiers.entries()) {
    const wanted = spec.tiers[t]?.device ?? "auto";
    for (const member of members) {
      const where = `tier ${name} is on ${member.device}: ${member.deviceReason}`;
      if (wanted === "auto") ok(!isGpuExpected() || member.device.startsWith("cuda"), where);
      else strictEqual(member.device, wanted === "cuda" ? "cuda:0" : wanted, where);
    }
  }
  return cascade;
}
