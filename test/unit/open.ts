/** Opens cascades on the fake addon; import before anything that loads the real one. */
import { vi } from "vitest";
import type { Cascade } from "../../src/cascade/cascade.js";
import type { CascadeSpec } from "../../src/spec/options.js";
import { FakeAddon, type FakeBehaviour, type FakeCascade } from "./fake-native.js";

const current = vi.hoisted(() => ({ addon: undefined as unknown }));

vi.mock("../../src/native/load.js", () => ({ loadAddon: () => current.addon }));

/** An addon that every cascade opened from now on gets. */
export function useFake(behaviour: FakeBehaviour = {}): FakeAddon {
  const addon = new FakeAddon(behaviour);
  current.addon = addon;
  return addon;
}

/** Two tiers of models that nobody loads. */
export const twoTiers: CascadeSpec = {
  tiers: [
    { name: "edge", members: ["a.onnx", "b.onnx", "c.onnx"], exitWhen: { kind: "agreement", threshold: 1 } },
    { name: "cloud", members: ["large.onnx"] },
  ],
};

/** An open cascade and the fake behind it. */
export async function openFake(
  spec: CascadeSpec = twoTiers,
  behaviour: FakeBehaviour = {},
): Promise<{ cascade: Cascade; native: FakeCascade }> {
  const addon = useFake(behaviour);
  const { Cascade } = await import("../../src/cascade/cascade.js");
  const cascade = await Cascade.fromSpec(spec);
  return { cascade, native: addon.last };
}

/** What `call` throws or rejects with. */
export async function errorOf(call: () => unknown): Promise<Error> {
  try {
    await call();
  } catch (thrown) {
    if (thrown instanceof Error) return thrown;
    throw new Error(`threw ${String(thrown)}, not an Error`);
  }
  throw new Error("did not throw");
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
