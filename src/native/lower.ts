/** From a resolved specification to what the addon takes: names turned into numbers, durations into nanoseconds. */
import type { RuntimePaths } from "../runtime/cuda.js";
import { measureBits } from "../spec/columns.js";
import { flatConstant } from "../spec/constants.js";
import type { ResolvedFunction, ResolvedMember, ResolvedModel } from "../spec/members.js";
import type { Constant, RaggedTensor } from "../spec/options.js";
import type { ResolvedCuda, ResolvedSpec, ResolvedTier } from "../spec/resolve.js";
import { lowerRule } from "./lower-rule.js";
import type {
  NativeConstant,
  NativeCudaOptions,
  NativeMember,
  NativeRagged,
  NativeSpec,
  NativeTier,
} from "./lowered.js";

export function lowerSpec(spec: ResolvedSpec, paths: RuntimePaths): NativeSpec {
  return {
    ...paths,
    classes: spec.classes ?? 0,
    measures: spec.measures.reduce((bits, measure) => bits | measureBits[measure], 0),
    shapes: Object.entries(spec.shapes),
    ragged: Object.entries(spec.tensors).map(lowerRagged),
    constants: lowerConstants(spec.constants),
    maxRowsInFlight: spec.maxRowsInFlight,
    maxBytesInFlight: spec.maxBytesInFlight,
    deviceQueueBytes: spec.deviceQueueBytes,
    spinNs: Math.round(spec.spinMs * 1e6),
    warmup: spec.warmup,
    tiers: spec.tiers.map((tier) => lowerTier(tier, spec.classNames)),
  };
}

function lowerRagged([tensor, { rowShape, pad, maxLength = 0 }]: [string, RaggedTensor]): NativeRagged {
  const [length = "length", ...inner] = rowShape ?? [];
  return {
    tensor,
    length: String(length),
    ...(rowShape === undefined ? {} : { inner: inner.map(Number) }),
    ...(pad === undefined ? {} : { pad }),
    maxLength,
  };
}

function lowerTier(tier: ResolvedTier, classNames: readonly string[] | null): NativeTier {
  const { exitWhen, members, batch, cuda, price: _, ...settings } = tier;
  return {
    ...settings,
    members: members.map((member) => lowerMember(member, cuda, classNames)),
    rule: exitWhen === null ? [] : lowerRule(exitWhen, members.length),
    maxRows: batch.maxRows,
    maxDelayNs: Math.round(batch.maxDelayMs * 1e6),
    maxQueueRows: batch.maxQueueRows,
    maxInFlight: batch.maxInFlight ?? 0,
  };
}

/** What models and functions have alike. */
type Common = "name" | "temperature" | "classMap" | "labels";

function lowerMember(member: ResolvedMember, cuda: ResolvedCuda, classNames: readonly string[] | null): NativeMember {
  const { name, temperature } = member;
  const classMap = Int32Array.from(member.classes ?? [], (className) => classNames?.indexOf(className) ?? -1);
  const own = member.kind === "function" ? lowerFunction(member) : lowerModel(member, cuda);
  const labels = BigInt64Array.from(member.labels ?? [], BigInt);
  return { name, temperature, classMap, labels, ...own };
}

function lowerFunction(member: ResolvedFunction): Omit<NativeMember, Common> {
  return {
    isFunction: true,
    inputs: [],
    constants: [],
    functionInputs: member.inputs.map(({ name, type, rowShape }) =>
      type === null || rowShape === null ? { name } : { name, type, rowShape: rowShape.map(openIfNamed) },
    ),
    outputName: "",
    output: member.output,
    timeoutMs: member.timeoutMs,
    splitOnFailure: member.splitOnFailure,
  };
}

function openIfNamed(size: number | string): number {
  return typeof size === "number" ? size : -1;
}

function lowerModel(member: ResolvedModel, cuda: ResolvedCuda): Omit<NativeMember, Common> {
  return {
    ...(typeof member.model === "string" ? { path: member.model } : { bytes: member.model }),
    inputs: Object.entries(member.inputs),
    constants: lowerConstants(member.constants),
    functionInputs: [],
    outputName: member.outputName ?? "",
    output: member.output ?? "auto",
    cuda: lowerCuda(cuda),
    timeoutMs: 0,
    splitOnFailure: false,
  };
}

/** What is no constant was refused before. */
function lowerConstants(constants: Readonly<Record<string, Constant>>): NativeConstant[] {
  return Object.entries(constants).flatMap(([name, value]) => {
    const flat = flatConstant(value);
    if (flat === null) return [];
    const { buffer, byteOffset, byteLength } = flat.data;
    return [{ name, type: flat.type, shape: flat.shape, data: new Uint8Array(buffer, byteOffset, byteLength) }];
  });
}

function lowerCuda(cuda: ResolvedCuda): NativeCudaOptions {
  return { ...cuda, memoryLimitBytes: cuda.memoryLimitBytes ?? 0 };
}
