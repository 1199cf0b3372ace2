/** From a checked specification to what the addon takes: defaults filled in, names turned into numbers. */

import type { RuntimePaths } from "../runtime/cuda.js";
import { type FullMember, fullMember, isFunctionMember, memberName } from "../spec/members.js";
import type { CascadeSpec, CudaOptions, FunctionMember, Measure, TierSpec } from "../spec/options.js";
import type { NativeCudaOptions, NativeMember, NativeSpec, NativeTensorDeclaration, NativeTier } from "./contract.js";
import { lowerRule } from "./lower-rule.js";

const measureBits: Readonly<Record<Measure, number>> = { score: 1, confidence: 2, margin: 4, entropy: 8 };

export function lowerSpec(spec: CascadeSpec, paths: RuntimePaths): NativeSpec {
  const classNames = typeof spec.classes === "object" ? spec.classes : undefined;
  return {
    ...paths,
    classes: typeof spec.classes === "number" ? spec.classes : (classNames?.length ?? 0),
    measures: (spec.measures ?? ["score", "confidence", "margin"]).reduce(
      (bits, measure) => bits | measureBits[measure],
      0,
    ),
    shapes: Object.entries(spec.shapes ?? {}),
    maxRowsInFlight: spec.maxRowsInFlight ?? 65_536,
    maxBytesInFlight: spec.maxBytesInFlight ?? 2 ** 28,
    deviceQueueBytes: spec.deviceQueueBytes ?? 2 ** 26,
    spinUs: spec.spinUs ?? 0,
    warmup: spec.warmup ?? true,
    tiers: spec.tiers.map((tier) => lowerTier(tier, classNames)),
  };
}

function lowerTier(tier: TierSpec, classNames: readonly string[] | undefined): NativeTier {
  return {
    name: tier.name,
    members: tier.members.map((member) => lowerMember(fullMember(member), tier.cuda, classNames)),
    rule: tier.exitWhen === undefined ? [] : lowerRule(tier.exitWhen, tier.members.length),
    combine: tier.combine ?? "vote",
    evidence: tier.evidence ?? "tier",
    execution: tier.execution ?? "auto",
    device: tier.device ?? "auto",
    maxRows: tier.batch?.maxRows ?? 256,
    maxDelayUs: Math.round((tier.batch?.maxDelayMs ?? 0) * 1000),
    maxQueueRows: tier.batch?.maxQueueRows ?? 65_536,
    maxInFlight: tier.batch?.maxInFlight ?? 0,
    onOverload: tier.onOverload ?? "auto",
    onFailure: tier.onFailure ?? "reject",
  };
}

function lowerMember(
  member: FullMember,
  cuda: CudaOptions | undefined,
  classNames: readonly string[] | undefined,
): NativeMember {
  const name = memberName(member);
  const temperature = member.temperature ?? 1;
  const classMap =
    member.classes === undefined || classNames === undefined
      ? {}
      : { classMap: Int32Array.from(member.classes, (className) => classNames.indexOf(className)) };
  if (isFunctionMember(member)) {
    return {
      name,
      isFunction: true,
      inputs: [],
      functionInputs: lowerFunctionInputs(member.inputs),
      output: member.output ?? "label",
      temperature,
      timeoutMs: member.timeoutMs ?? 30_000,
      ...classMap,
    };
  }
  return {
    name,
    ...(typeof member.model === "string" ? { path: member.model } : { bytes: member.model }),
    inputs: Object.entries(member.inputs ?? {}),
    functionInputs: [],
    ...(member.outputName === undefined ? {} : { outputName: member.outputName }),
    output: member.output ?? "auto",
    temperature,
    ...(cuda === undefined ? {} : { cuda: lowerCuda(cuda) }),
    timeoutMs: 0,
    ...classMap,
  };
}

function lowerCuda(cuda: CudaOptions): NativeCudaOptions {
  return {
    graphs: cuda.graphs ?? false,
    tf32: cuda.tf32 ?? false,
    sharedStream: cuda.sharedStream ?? false,
    memoryLimitBytes: cuda.memoryLimitBytes ?? 0,
    convSearch: cuda.convSearch ?? "heuristic",
  };
}

function lowerFunctionInputs(inputs: FunctionMember["inputs"]): NativeTensorDeclaration[] {
  if (inputs === undefined) return [];
  if (isNames(inputs)) return inputs.map((name) => ({ name }));
  return Object.entries(inputs).map(([name, { type, rowShape }]) => ({ name, type, rowShape }));
}

function isNames(inputs: NonNullable<FunctionMember["inputs"]>): inputs is readonly string[] {
  return Array.isArray(inputs);
}
