import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { columns } from "./fake-native.js";
import { errorOf, openFake, turn, twoTiers, useFake } from "./open.js";

describe("a cascade", () => {
  it("is shown by its name through a Proxy and as an heir", async () => {
    const { cascade } = await openFake();
    const others = [new Proxy(cascade, {}), Object.create(cascade)];
    for (const other of others) expect(inspect(other)).toContain("[Cascade]");
  });

  it("gives inputs that nobody can change", async () => {
    const { cascade } = await openFake();
    expect(Object.isFrozen(cascade.inputs)).toBe(true);
    for (const input of cascade.inputs) {
      for (const part of [input, input.rowShape, input.tiers]) expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it("refuses an unknown name without a value, in calls and in specifications", async () => {
    const { cascade } = await openFake();
    const call = await errorOf(() => cascade.run({ x: new Float32Array(2) }, { bogus: undefined } as never));
    expect(call.message).toContain('"bogus" is not a known option');
    useFake();
    const { Cascade } = await import("../../src/cascade/cascade.js");
    const spec = await errorOf(() => Cascade.fromSpec({ ...twoTiers, bogus: undefined } as never));
    expect(spec.message).toContain('"bogus" is not a known option');
  });

  it.each([new Map(), new Date(0), new (class Options {})()])("refuses %o as options", async (options) => {
    const { cascade } = await openFake();
    const error = await errorOf(() => cascade.run({ x: new Float32Array(2) }, options as never));
    expect(error).toMatchObject({ code: "QUORATE_ERR_INVALID_ARGUMENT" });
    const { Cascade } = await import("../../src/cascade/cascade.js");
    expect(await errorOf(() => Cascade.fromSpec({ ...twoTiers, batch: options } as never))).toMatchObject({
      code: "QUORATE_ERR_INVALID_ARGUMENT",
    });
  });

  it("makes a batch's errors when they are asked for, each once", async () => {
    const { cascade, native } = await openFake();
    const call = cascade.runBatch({ x: new Float32Array(4) });
    const read = vi.fn(() => "bad row");
    const error = Object.defineProperty({ code: "QUORATE_ERR_MEMBER" }, "message", { get: read });
    const over = { status: Uint8Array.of(2, 2), errorIndex: Uint16Array.of(1, 1), errors: [error as never] };
    native.hooks.onBatch(1, columns(2, over));
    const batch = await call;
    expect(read).not.toHaveBeenCalled();
    expect(batch.at(0).error).toBe(batch.errors[0]);
    expect(batch.at(1).error).toBe(batch.errors[0]);
  });

  it("ends a stream whose source hangs when it closes, and returns the source", async () => {
    const { cascade } = await openFake();
    const returned = vi.fn(() => new Promise<never>(() => {}));
    const source = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}), return: returned }) };
    const ended = errorOf(() => cascade.stream(source).next());
    await turn();
    await cascade.close();
    expect(await ended).toMatchObject({ code: "QUORATE_ERR_CLOSED" });
    expect(returned).toHaveBeenCalledOnce();
  });
});
