/** Whatever JavaScript hands to the addon, it answers with a sentence. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NativeInputs } from "../../src/native/contract.js";
import { addon, callOptions, fileMember, functionMember, Harness, noHooks, spec, tier } from "./addon-harness.js";
import { errorOf } from "./paths.js";

const good = spec(tier(fileMember("tiny-a")));
const withTier = (change: object): unknown => ({ ...good, tiers: [{ ...good.tiers[0], ...change }] });
const withMember = (change: object): unknown => withTier({ members: [{ ...fileMember("tiny-a"), ...change }] });

describe("createCascade", () => {
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ["no specification", undefined, /the specification is undefined, expected an object/],
    ["no tiers", { ...good, tiers: 3 }, /^tiers is 3, expected an array/],
    ["a path that is no string", { ...good, runtimePaths: [1] }, /runtimePaths\[0\] is 1, expected a string/],
    ["half a class", { ...good, classes: 2.5 }, /^classes is 2\.5, expected a whole number/],
    ["a shape of zero", { ...good, shapes: [["x", [0]]] }, /shapes\[0\]\[1\]\[0\] is 0, expected a whole number/],
    ["a shape that is no pair", { ...good, shapes: ["x"] }, /shapes\[0\] is a string, expected a pair/],
    [
      "an unknown combine",
      withTier({ combine: "sum" }),
      /tiers\[0\]\.combine is "sum", expected one of "vote", "mean"/,
    ],
    ["no maxRows", withTier({ maxRows: undefined }), /tiers\[0\]\.maxRows is undefined, expected a number/],
    ["half a nanosecond", withTier({ maxDelayNs: 0.5 }), /tiers\[0\]\.maxDelayNs is 0\.5, expected a whole number/],
    ["a member without CUDA options", withMember({ cuda: undefined }), /members\[0\]\.cuda is undefined/],
    ["a member without a class map", withMember({ classMap: undefined }), /classMap is undefined/],
    ["an unknown rule", withTier({ rule: [{ kind: "luck" }] }), /tiers\[0\]\.rule\[0\]\.kind is "luck"/],
    ["a rule without numbers", withTier({ rule: [{ kind: "never" }] }), /rule\[0\]\.arity is undefined/],
    [
      "33 rules",
      withTier({ rule: Array(33).fill({ kind: "never", arity: 0, votes: 0, threshold: 0 }) }),
      /more than 32/,
    ],
    ["a temperature of text", withMember({ temperature: "hot" }), /members\[0\]\.temperature is a string/],
    ["CUDA options of text", withMember({ cuda: "all" }), /members\[0\]\.cuda is a string, expected an object/],
    [
      "an unknown search",
      withMember({
        cuda: { graphs: false, tf32: false, memoryLimitBytes: 0, convSearch: "luck" },
      }),
      /cuda\.convSearch is "luck", expected one of "heuristic"/,
    ],
    ["two sources", withMember({ isFunction: true }), /2 are given, expected exactly one/],
    ["no source", withMember({ path: undefined }), /0 are given, expected exactly one/],
    ["bytes of floats", withMember({ path: undefined, bytes: new Float32Array(1) }), /bytes is Float32Array/],
    ["a class map of floats", withMember({ classMap: new Float64Array(1) }), /classMap is Float64Array/],
    [
      "half a declaration",
      withMember({ functionInputs: [{ name: "x", type: "int8" }] }),
      /only one of type and rowShape/,
    ],
    ["an unknown type", withMember({ functionInputs: [{ name: "x", type: "int4", rowShape: [] }] }), /"int4"/],
  ];
  for (const [name, given, message] of cases) {
    it(`refuses ${name}`, async () => {
      const error = await errorOf(() => addon.createCascade(given as never, noHooks));
      expect(error.message).toMatch(message);
      expect(error).toHaveProperty("code", "QUORATE_ERR_INVALID_ARGUMENT");
    });
  }

  it("refuses hooks that are not functions", async () => {
    const error = await errorOf(() => addon.createCascade(good, { ...noHooks, onRows: 1 } as never));
    expect(error.message).toBe("hooks.onRows is 1, expected a function");
  });

  it("lets what a getter throws pass", async () => {
    const given = Object.defineProperty({ ...good }, "tiers", {
      get: () => {
        throw new Error("mine");
      },
    });
    expect((await errorOf(() => addon.createCascade(given, noHooks))).message).toBe("mine");
  });

  it("lists every problem of a specification that parses", async () => {
    const harness = await Harness.open(spec({ ...tier(functionMember({ temperature: 0 })), maxRows: 0 }));
    expect(harness.buildError?.problems.length).toBe(2);
    await harness.close();
  });
});

describe("a call", () => {
  let harness: Harness;
  let id = 0;
  beforeAll(async () => {
    harness = await Harness.open(good);
  });
  afterAll(() => harness.close());

  const row = (): Float32Array => new Float32Array(64);
  const refusal = (inputs: unknown, options: object = {}): Promise<Error> =>
    errorOf(() => harness.native.submitBatch(++id, 1, inputs as NativeInputs, { ...callOptions, ...options }));
  const detached = row();
  structuredClone(detached, { transfer: [detached.buffer as ArrayBuffer] });
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ["no list", row(), /^inputs is Float32Array, expected an array of 1/],
    ["a list of another length", [], /^inputs is an array, expected an array of 1/],
    ["a missing tensor", [null], /^tensor "image" is missing, tier 0 reads it/],
    ["text", ["x"], /^tensor "image" is a string, expected a Float32Array/],
    ["another type", [new Float64Array(64)], /^tensor "image" is a Float64Array, expected a Float32Array/],
    ["another length", [new Float32Array(65)], /^tensor "image" has 65 elements, expected 64 for 1 row/],
    ["shared memory", [new Float32Array(new SharedArrayBuffer(256))], /lies in a SharedArrayBuffer/],
    [
      "resizable memory",
      [new Float32Array(Reflect.construct(ArrayBuffer, [256, { maxByteLength: 512 }]))],
      /resizable/,
    ],
    ["detached memory", [detached], /transferred away/],
  ];
  for (const [name, inputs, message] of cases) {
    it(`refuses ${name}`, async () => {
      const error = await refusal(inputs);
      expect(error.message).toMatch(message);
      expect(error).toHaveProperty("code", "QUORATE_ERR_INVALID_ARGUMENT");
    });
  }

  it("refuses odd options", async () => {
    expect((await refusal([row()], { priority: 10 })).message).toMatch(/options\.priority is 10/);
    expect((await refusal([row()], { deadlineMs: -1 })).message).toMatch(/options\.deadlineMs is -1/);
    expect((await refusal([row()], { copy: 1 })).message).toMatch(/options\.copy is 1, expected a boolean/);
  });

  it("refuses an id twice, and odd numbers of rows", async () => {
    const { native } = harness;
    native.submitBatch(++id, 1, [row()], callOptions);
    await harness.batch(id);
    expect((await errorOf(() => native.submitBatch(id, 1, [row()], callOptions))).message).toMatch(/^id is/);
    for (const rows of [0, -1, 1.5, 2 ** 32, "2"]) {
      const error = await errorOf(() => native.submitBatch(++id, rows as number, [row()], callOptions));
      expect(error.message).toMatch(/^rows is/);
    }
  });

  it("refuses a foreign `this`", async () => {
    const { submitRows } = harness.native;
    for (const self of [undefined, {}, noHooks]) {
      const error = await errorOf(() => submitRows.call(self as never, 1, 1, [row()], callOptions));
      expect(error.message).toMatch(/no native cascade/);
    }
  });

  it("ignores unknown calls", () => {
    harness.native.cancel(1e9);
    harness.native.completeMember(1e9, null, "", 0);
    harness.native.provide(1e9, 0, new Uint32Array(1), row(), "", 0);
  });

  it("survives arguments of every kind in every place", () => {
    const odd = [
      undefined,
      null,
      true,
      -1,
      1e300,
      "x",
      Symbol("s"),
      {},
      [],
      () => {},
      5n,
      row(),
      new DataView(row().buffer),
    ];
    const { native } = harness;
    for (const method of ["submitRows", "submitBatch", "cancel", "completeMember", "provide"] as const) {
      for (let i = 0; i < 400; i++) {
        const args = Array.from({ length: 5 }, (_, k) => odd[(i * 7 + k * (1 + (i % 5))) % odd.length]);
        try {
          (native[method] as (...given: unknown[]) => void).apply(native, args);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Error);
        }
      }
    }
  });
});
