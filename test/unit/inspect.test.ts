import { describe, expect, it } from "vitest";
import type { Explanation, MemberExplanation, TierExplanation } from "../../src/cascade/explain.js";
import { inspectLines } from "../../src/cli/inspect.js";

const member: MemberExplanation = {
  name: "a.onnx",
  inputs: [],
  output: "logits",
  outputType: "float32",
  outputWidth: 10,
  fixedBatch: null,
  device: "cpu",
  deviceReason: null,
  deviceBytes: null,
  hostNodes: [],
  reuses: null,
  sha256: null,
  lastError: null,
  batchDifference: null,
  padDifference: null,
  flopsPerRow: 2410,
};
const tier: TierExplanation = {
  name: "only",
  exitWhen: "every row leaves here",
  requiredVotes: null,
  combine: "vote",
  evidence: "tier",
  execution: "concurrent",
  device: null,
  members: [member],
  flopsPerRow: 2410,
  memoryRows: null,
  price: {},
};

function linesOf(change: Partial<MemberExplanation>, device: TierExplanation["device"] = null): string[] {
  return allLinesOf([{ ...tier, device, members: [{ ...member, ...change }] }]).slice(6);
}

function allLinesOf(tiers: readonly TierExplanation[]): string[] {
  const explanation: Explanation = {
    runtime: { version: "1.30.0", path: "/r/libonnxruntime.so.1", telemetryOff: true },
    classes: 10,
    classNames: null,
    inputs: [],
    tiers,
    warnings: [],
  };
  return inspectLines(explanation);
}

describe("quorate inspect", () => {
  it("says nothing of devices where there is nothing to say", () => {
    expect(linesOf({})).toEqual([]);
  });

  it("says why a model is not where it was asked to be", () => {
    expect(linesOf({ deviceReason: "no driver" })).toEqual(["", "all members on cpu: no driver"]);
  });

  it("says how a tier runs on a device, and which nodes do not run there", () => {
    const device = { name: "cuda:0", buckets: [16, 64], bytes: 3 * 2 ** 19 };
    const nodes = ["n1 (NonZero)", "n2 (Unique)"];
    expect(linesOf({ device: "cuda:0", deviceBytes: 2 ** 21, hostNodes: nodes }, device)).toEqual([
      "  a.onnx runs on the host for n1 (NonZero), n2 (Unique)",
      "  on cuda:0 in batches of 16, 64 rows, 1.5 MiB of its memory for batches, plus 2.0 MiB for the models",
    ]);
    expect(linesOf({ device: "cuda:0" }, device)).toEqual([
      "  on cuda:0 in batches of 16, 64 rows, 1.5 MiB of its memory for batches, plus the models",
    ]);
  });
});
