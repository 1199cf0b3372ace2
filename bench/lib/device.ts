/** The device that tests and suites of devices are about: QUORATE_TEST_DEVICE, by default "cuda". */
import { existsSync } from "node:fs";
import { type Device, quorate } from "./quorate.js";
import { modelPath } from "./root.js";
import type { Trial } from "./suite.js";

export const device: Device = (process.env["QUORATE_TEST_DEVICE"] || "cuda") as Device;

/** Whether not using a GPU is a failure: QUORATE_EXPECT_GPU, else when the system shows one and it was asked for. */
export function isGpuExpected(): boolean {
  const told = process.env["QUORATE_EXPECT_GPU"];
  if (told) return told === "1";
  return device.startsWith("cuda") && Array.from({ length: 16 }, (_, i) => `/dev/nvidia${i}`).some(existsSync);
}

/** Why models do not run where they should; undefined when they do. */
export async function deviceProblem(): Promise<string | undefined> {
  const spec = { tiers: [{ name: "tiny", members: [modelPath("tiny-a.onnx")], device }] };
  const cascade = await quorate.Cascade.fromSpec(spec).catch((error: Error & { readonly code?: string }) => {
    if (error.code === "QUORATE_ERR_DEVICE") return error.message;
    throw error;
  });
  if (typeof cascade === "string") return cascade;
  const { tiers } = await cascade.explain();
  await cascade.close();
  const member = tiers[0]?.members[0];
  if (member?.device.startsWith("cuda") || !isGpuExpected()) return undefined;
  return `"${device}" is ${member?.device} here. ${member?.deviceReason}`;
}

/** What a suite gives where the device cannot be used; undefined where it can. @throws where a GPU is expected */
export async function trialWithoutDevice(): Promise<Trial | undefined> {
  const problem = await deviceProblem();
  if (problem === undefined) return undefined;
  if (isGpuExpected()) throw new Error(`a GPU was expected: ${problem}`);
  return { figures: {}, ratios: {}, notes: [`Left out: not run on a GPU: ${problem}`] };
}
