/** `quorate inspect`: what a cascade will do, before any traffic. */
import { Cascade, type Explanation, type MemberExplanation, type TierExplanation } from "../index.js";
import { print, short, table } from "./io.js";

/** Options of the command line. */
export interface InspectOptions {
  readonly json?: boolean;
}

export async function inspect(cascadePath: string, options: InspectOptions): Promise<void> {
  const cascade = await Cascade.fromSpec(cascadePath);
  try {
    const explanation = await cascade.explain();
    print(options.json ?? false, explanation, () => inspectLines(explanation));
  } finally {
    await cascade.close();
  }
}

/** The explanation for people. */
export function inspectLines({ runtime, classes, inputs, tiers, warnings }: Explanation): string[] {
  return [
    `ONNX Runtime ${runtime.version}, ${runtime.path}`,
    `${classes} classes; inputs ${inputs.map((t) => `${t.name}: ${t.type} [${t.rowShape.join(", ")}]`).join("; ")}`,
    ...tiers.flatMap((tier) => [
      "",
      `${tier.name}: ${tier.exitWhen}; combine ${tier.combine}, execution ${tier.execution}`,
      ...table([
        ["  member", "output", "device", "FLOPs/row", "1 vs 8 rows"],
        ...tier.members.map((member) => [
          `  ${member.name}`,
          member.output,
          member.device,
          short(member.flopsPerRow),
          member.batchDifference?.toExponential(0) ?? "-",
        ]),
      ]),
      ...tier.members.flatMap(hostNodes),
      ...tier.members.flatMap(reused),
      ...batches(tier),
    ]),
    ...paragraph(reasons(tiers)),
    ...paragraph(warnings.map((warning) => `warning: ${warning}`)),
  ];
}

function batches({ device, members }: TierExplanation): string[] {
  if (device === null) return [];
  const models = members.reduce((sum, { deviceBytes }) => sum + (deviceBytes ?? 0), 0);
  const used = models === 0 ? "the models" : `${mebibytes(models)} for the models`;
  return [
    `  on ${device.name} in batches of ${device.buckets.join(", ")} rows, ` +
      `${mebibytes(device.bytes)} of its memory for batches, plus ${used}`,
  ];
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** The lines after an empty one, where there are any. */
function paragraph(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

function hostNodes({ name, hostNodes: nodes }: MemberExplanation): string[] {
  return nodes.length === 0 ? [] : [`  ${name} runs on the host for ${nodes.join(", ")}`];
}

function reused({ name, reuses }: MemberExplanation): string[] {
  return reuses === null ? [] : [`  ${name} does not run on rows that it answered in tier "${reuses.tier}"`];
}

/** Why members run where they do: each reason once, with those that it holds for. */
function reasons(tiers: readonly TierExplanation[]): string[] {
  const members = tiers.flatMap((tier) => tier.members);
  const found = new Map<string, Set<string>>();
  for (const { name, device, deviceReason } of members) {
    if (deviceReason === null) continue;
    const text = `on ${device}: ${deviceReason}`;
    found.set(text, (found.get(text) ?? new Set()).add(name));
  }
  const all = new Set(members.map(({ name }) => name)).size;
  return [...found].map(([text, names]) => `${names.size === all ? "all members" : [...names].join(", ")} ${text}`);
}
