/** From the addon's values to public ones: the only place that knows which number or text stands for "unknown". */
import { type MemberTraffic, noTraffic } from "../calls/member-calls.js";
import { shownWhole } from "../calls/show.js";
import { toCode } from "../errors.js";
import type { NativeDeviceReport } from "../native/contract.js";
import type {
  NativeCounters,
  NativeInfo,
  NativeMemberCounters,
  NativeMemberInfo,
  NativeTensorInfo,
  NativeTierCounters,
} from "../native/info.js";
import type { RequestTensor } from "../spec/element-type.js";
import type { ResolvedSpec, ResolvedTier } from "../spec/resolve.js";
import { describeRule, requiredVotes } from "../spec/rule-meaning.js";
import { type CascadeCounters, type MemberError, milliseconds, type TierCounters, timeHistogram } from "./counters.js";
import type { CascadeInfo, CudaReport, HashTable, MemberInfo, Profile, RuntimeInfo, TierInfo } from "./info.js";
import { invalidVotesWarning } from "./invalid-votes.js";

export function liftInfo(native: NativeInfo, spec: ResolvedSpec): CascadeInfo {
  const { runtimeVersion, runtimePath, telemetryOff, classes, tensors, warnings } = native;
  const names = spec.tiers.map(({ name }) => name);
  const info: CascadeInfo = {
    runtime: { version: runtimeVersion, path: runtimePath, telemetryOff },
    classes,
    // The engine reads calls by them, and users get them as they are.
    inputs: Object.freeze(tensors.map(liftTensor)),
    tiers: spec.tiers.map((tier, t) => liftTier(tier, native.tiers[t], names)),
    warnings,
  };
  return { ...info, warnings: [...warnings, ...invalidInWarmUp(info, native)] };
}

function invalidInWarmUp(info: CascadeInfo, { tiers }: NativeInfo): string[] {
  return tiers.flatMap(({ members }, tier) =>
    members.flatMap(({ warmRows: rows, warmInvalid: invalid }, member) => {
      if (invalid === 0) return [];
      const warning = invalidVotesWarning(info, { tier, member, rows, invalid });
      return warning === undefined ? [] : [`${warning.message} The rows were made up, for the warm-up.`];
    }),
  );
}

function liftTensor(native: NativeTensorInfo): RequestTensor {
  const { name, type, tiers, length, padded = false, maxLength = 0 } = native;
  return Object.freeze({
    name,
    type,
    rowShape: Object.freeze(liftShape(native)),
    tiers: Object.freeze([...tiers]),
    ...(length === undefined ? {} : { ragged: Object.freeze({ padded, maxLength: maxLength || null }) }),
  });
}

function liftShape({ rowShape, length }: Pick<NativeTensorInfo, "rowShape" | "length">): (number | string)[] {
  return length === undefined ? [...rowShape] : [length, ...rowShape.slice(1)];
}

function liftTier(
  tier: ResolvedTier,
  native: NativeInfo["tiers"][number] | undefined,
  names: readonly string[],
): TierInfo {
  const { name, exitWhen: rule, combine, evidence, execution, price } = tier;
  const k = tier.members.length;
  const device = native?.device ?? null;
  return {
    name,
    exitWhen: rule === null ? "every row leaves here" : describeRule(rule, k),
    requiredVotes: (rule && requiredVotes(rule, k)) ?? null,
    combine,
    evidence,
    execution,
    members: (native?.members ?? []).map((member) => liftMember(member, names)),
    device: device && { name: device.name, buckets: device.buckets, bytes: device.bytes },
    price,
  };
}

function liftMember(native: NativeMemberInfo, tiers: readonly string[]): MemberInfo {
  const earlier = tiers[native.reusesTier];
  const { name, output, outputType, outputWidth, device, hostNodes } = native;
  return {
    name,
    inputs: native.inputs.map((input) => ({ name: input.name, type: input.type, rowShape: liftShape(input) })),
    output,
    outputType,
    outputWidth,
    fixedBatch: native.fixedBatch || null,
    device,
    deviceReason: native.deviceReason || null,
    deviceBytes: native.deviceBytes || null,
    hostNodes,
    batchDifference: native.batchDifference < 0 ? null : native.batchDifference,
    padDifference: native.padDifference < 0 ? null : native.padDifference,
    reuses: earlier === undefined ? null : { tier: earlier, member: native.reusesMember },
  };
}

/** The user's figures over the measured ones; a reason where there is neither. */
export function liftFlops(native: readonly (readonly (number | string)[])[], spec: ResolvedSpec): Profile {
  const figures = spec.tiers.map(({ members }, t) =>
    members.map(({ flopsPerRow }, m) => flopsPerRow ?? native[t]?.[m] ?? "not measured"),
  );
  return {
    flops: figures.map((tier) => tier.map((figure) => (typeof figure === "number" ? figure : null))),
    reasons: figures.map((tier) => tier.map((figure) => (typeof figure === "string" ? figure : null))),
  };
}

export function liftHashes(native: readonly (readonly string[])[]): HashTable {
  return native.map((tier) => tier.map((hash) => hash || null));
}

/** With names, times in milliseconds, and what function members counted in JavaScript. */
export function liftCounters(
  { submitted, settled, pending, timeBoundsNs, tiers, devices }: NativeCounters,
  spec: ResolvedSpec,
  traffic: readonly (readonly MemberTraffic[])[],
): CascadeCounters {
  const boundsMs = Array.from(timeBoundsNs, milliseconds);
  return shownWhole({
    submitted,
    settled,
    pending,
    tiers: tiers.map((tier, t) => liftTierCounters(tier, spec.tiers[t], traffic[t] ?? [], boundsMs)),
    devices: devices.map(({ name, busyNs, shares }) => ({
      name,
      busyMs: milliseconds(busyNs),
      memberBusyMs: shares.map((members) => members.map(milliseconds)),
    })),
  });
}

function liftError(last: NativeMemberCounters["lastError"]): MemberError | null {
  return last && { code: toCode(last.code), message: last.message, count: last.count };
}

function liftTierCounters(
  native: NativeTierCounters,
  tier: ResolvedTier | undefined,
  traffic: readonly MemberTraffic[],
  boundsMs: readonly number[],
): TierCounters {
  const { queueNs, gatherNs, uploadNs, runNs, reduceNs, downloadNs, scatterNs, ...others } = native;
  const { queueTimes, runTimes, members, memoryRows: _, ...counts } = others;
  return {
    name: tier?.name ?? "",
    ...counts,
    queueMs: milliseconds(queueNs),
    gatherMs: milliseconds(gatherNs),
    uploadMs: milliseconds(uploadNs),
    runMs: milliseconds(runNs),
    reduceMs: milliseconds(reduceNs),
    downloadMs: milliseconds(downloadNs),
    scatterMs: milliseconds(scatterNs),
    queueTime: timeHistogram(boundsMs, Array.from(queueTimes)),
    runTime: timeHistogram(boundsMs, Array.from(runTimes)),
    members: members.map(({ runNs: memberNs, lastError, ...memberCounts }, m) => ({
      name: tier?.members[m]?.name ?? "",
      ...memberCounts,
      lastError: liftError(lastError),
      runMs: milliseconds(memberNs),
      ...(traffic[m] ?? noTraffic),
    })),
  };
}

export function liftDevices(native: NativeDeviceReport): { readonly runtime: RuntimeInfo; readonly cuda: CudaReport } {
  const { runtime, cuda } = native;
  return {
    runtime: { version: runtime.version, path: runtime.path, telemetryOff: runtime.telemetryOff },
    cuda: {
      driverPath: cuda.driverPath || null,
      driverVersion: cuda.driverVersion || null,
      devices: cuda.devices,
      providerPath: cuda.providerPath || null,
      providerVersion: cuda.providerVersion || null,
      libraries: cuda.libraries.map(({ name, path }) => ({ name, path: path || null })),
      problem: cuda.problem || null,
      remedy: cuda.remedy || null,
    },
  };
}
