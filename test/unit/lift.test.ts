import { describe, expect, it } from "vitest";
import { liftDevices, liftFlops, liftInfo } from "../../src/cascade/lift.js";
import type { NativeInfo, NativeMemberInfo } from "../../src/native/info.js";
import { resolveSpec } from "../../src/spec/resolve.js";
import { tensorX } from "./fake-native.js";

const spec = resolveSpec({
  tiers: [
    { name: "edge", members: ["a.onnx", { model: "b.onnx", flopsPerRow: 5 }], exitWhen: { kind: "votes", votes: 2 } },
    { name: "last", members: ["c.onnx"], combine: "mean" },
  ],
});

const unknown: NativeMemberInfo = {
  name: "a.onnx",
  inputs: [{ name: "x", type: "float32", rowShape: [2] }],
  output: "logits",
  outputType: "float32",
  outputWidth: 3,
  fixedBatch: 0,
  device: "cpu",
  deviceReason: "",
  deviceBytes: 0,
  hostNodes: [],
  batchDifference: -1,
  padDifference: -1,
  reusesTier: -1,
  reusesMember: -1,
  warmRows: 0,
  warmInvalid: 0,
};
const known: NativeMemberInfo = {
  ...unknown,
  fixedBatch: 8,
  deviceReason: "no driver",
  deviceBytes: 1024,
  batchDifference: 0,
  padDifference: 0,
};
const native: NativeInfo = {
  runtimeVersion: "1.30.0",
  runtimePath: "/r.so",
  telemetryOff: true,
  classes: 3,
  tensors: [tensorX],
  tiers: [
    { members: [unknown, known], device: null },
    { members: [known], device: { name: "cuda:0", buckets: [1, 16], bytes: 7 } },
  ],
  warnings: ["w"],
};

describe("values of the addon, lifted", () => {
  const info = liftInfo(native, spec);

  it("are null where the addon has a number or text for unknown", () => {
    expect(info.tiers[0]?.members[0]).toMatchObject({
      fixedBatch: null,
      deviceReason: null,
      deviceBytes: null,
      batchDifference: null,
      padDifference: null,
    });
  });

  it("stay what they are where they are known, zero too", () => {
    expect(info.tiers[0]?.members[1]).toMatchObject({
      fixedBatch: 8,
      deviceReason: "no driver",
      deviceBytes: 1024,
      batchDifference: 0,
      padDifference: 0,
    });
  });

  it("have the specification's names, rules and options beside what was loaded", () => {
    expect(info.inputs).toEqual([tensorX]);
    expect(info.tiers).toMatchObject([
      { name: "edge", exitWhen: "votes >= 2 of 2", requiredVotes: 2, combine: "vote", device: null },
      { name: "last", exitWhen: "every row leaves here", requiredVotes: null, combine: "mean" },
    ]);
    expect(info.tiers[1]?.device).toEqual({ name: "cuda:0", buckets: [1, 16], bytes: 7 });
  });

  it("are FLOPs, the user's before measured ones", () => {
    expect(liftFlops([[10, 20], ["no profile"]], spec)).toEqual({
      flops: [[10, 5], [null]],
      reasons: [[null, null], ["no profile"]],
    });
  });

  it("are a machine's devices", () => {
    const runtime = { version: "1.30.0", path: "/r.so", telemetryOff: true };
    const missing = { driverPath: "", driverVersion: 0, providerPath: "", providerVersion: "", remedy: "" };
    const libraries = [{ name: "libcudnn.so.9", path: "" }];
    const lifted = liftDevices({ runtime, cuda: { ...missing, devices: [], libraries, problem: "no driver" } });
    expect(lifted).toEqual({
      runtime,
      cuda: {
        driverPath: null,
        driverVersion: null,
        devices: [],
        providerPath: null,
        providerVersion: null,
        libraries: [{ name: "libcudnn.so.9", path: null }],
        problem: "no driver",
        remedy: null,
      },
    });
  });
});
