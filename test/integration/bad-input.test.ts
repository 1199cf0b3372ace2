/** Bad input is always a QuorateError with a code and a sentence; the process lives and other requests are unharmed. */
import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  agreementAtLeast,
  Cascade,
  type CascadeSpec,
  type Member,
  QuorateError,
  scoreAtLeast,
  type TierOptions,
} from "../../src/index.js";
import { digits, errorOf, fixture } from "./paths.js";

const folder = mkdtempSync(join(tmpdir(), "quorate-bad-"));
const large = readFileSync(digits("large.onnx"));

function written(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function buildError(...members: readonly Member[]): Promise<QuorateError> {
  return specError({ tiers: [{ name: "only", members }] });
}

async function specError(spec: CascadeSpec): Promise<QuorateError> {
  const error = await errorOf(async () => {
    await (await Cascade.fromSpec(spec)).close();
  });
  expect(error).toBeInstanceOf(QuorateError);
  return error as QuorateError;
}

describe("a model", () => {
  it.each<[string, () => Member, string, RegExp]>([
    ["that is missing", () => join(folder, "none.onnx"), "QUORATE_ERR_MODEL_LOAD", /none\.onnx/],
    ["that is a folder", () => folder, "QUORATE_ERR_MODEL_LOAD", /./],
    ["that is truncated", () => written("cut.onnx", large.subarray(0, 1000)), "QUORATE_ERR_MODEL_LOAD", /cut\.onnx/],
    ["that is empty", () => written("empty.onnx", ""), "QUORATE_ERR_MODEL_LOAD", /empty\.onnx/],
    ["that is not ONNX", () => written("text.onnx", "hello, this is no model"), "QUORATE_ERR_MODEL_LOAD", /text\.onnx/],
    ["of empty bytes", () => new Uint8Array(0), "QUORATE_ERR_MODEL_LOAD", /./],
    ["of an opset from the future", () => fixture("wrong-opset"), "QUORATE_ERR_MODEL_LOAD", /opset/i],
    ["without its external data", () => fixture("external-missing"), "QUORATE_ERR_MODEL_LOAD", /external-missing/],
    ["without a batch dimension", () => fixture("no-batch"), "QUORATE_ERR_MODEL_MISMATCH", /batch/],
    [
      "with several outputs and no outputName",
      () => fixture("two-outputs"),
      "QUORATE_ERR_MODEL_MISMATCH",
      /outputName|"y".*"label"/,
    ],
    [
      "without the named output",
      () => ({ model: fixture("linear"), outputName: "z" }),
      "QUORATE_ERR_MODEL_MISMATCH",
      /'z'/,
    ],
    [
      "without the named input",
      () => ({ model: fixture("linear"), inputs: { z: "x" } }),
      "QUORATE_ERR_MODEL_MISMATCH",
      /'z'/,
    ],
    ["that gives a sequence", () => fixture("sequence"), "QUORATE_ERR_MODEL_LOAD", /sequence|export/i],
    [
      "that gives maps",
      () => ({ model: fixture("zipmap"), outputName: "y" }),
      "QUORATE_ERR_MODEL_LOAD",
      /zipmap=False|export/i,
    ],
    ["that reads strings", () => fixture("type-string"), "QUORATE_ERR_MODEL_MISMATCH", /string/],
    ["with an open row shape", () => fixture("dynamic-row"), "QUORATE_ERR_MODEL_MISMATCH", /shape/],
  ])("%s", async (_, member, code, message) => {
    const error = await buildError(member());
    expect(error.message).toMatch(message);
    expect(error.code).toBe(code);
  });

  it("with another class count, in the tier or the cascade", async () => {
    expect(await buildError(digits("large.onnx"), { model: fixture("linear"), inputs: { x: "other" } })).toMatchObject({
      code: "QUORATE_ERR_MODEL_MISMATCH",
    });
    const error = await specError({ classes: 7, tiers: [{ name: "only", members: [digits("large.onnx")] }] });
    expect(error).toMatchObject({ code: "QUORATE_ERR_MODEL_MISMATCH" });
    expect(error.message).toMatch(/10.*7|7.*10/);
  });

  it("with another row shape for the same tensor", async () => {
    const error = await buildError({ model: fixture("linear"), inputs: { x: "image" } }, digits("large.onnx"));
    expect(error.code).toBe("QUORATE_ERR_MODEL_MISMATCH");
    expect(error.message).toMatch(/image/);
  });

  it("twice in a tier, even behind a link", async () => {
    const link = join(folder, "link.onnx");
    symlinkSync(digits("large.onnx"), link);
    expect(await buildError(digits("large.onnx"), link)).toMatchObject({ code: "QUORATE_ERR_INVALID_ARGUMENT" });
  });

  it("lists all problems of all members at once", async () => {
    const error = await buildError(fixture("wrong-opset"), fixture("no-batch"), written("empty.onnx", ""));
    expect(error.problems).toHaveLength(3);
  });
});

describe("a cascade", () => {
  const tier = { name: "only", members: [digits("large.onnx")] };
  it.each<[string, CascadeSpec]>([
    ["without tiers", { tiers: [] }],
    ["without members", { tiers: [{ name: "only", members: [] }] }],
    [
      "with 65 members",
      {
        tiers: [
          {
            name: "only",
            members: Array.from({ length: 65 }, (_, i) => ({
              model: digits("large.onnx"),
              inputs: { image: `i${i}` },
            })),
          },
        ],
      },
    ],
    ["with an early tier without a rule", { tiers: [tier, { ...tier, name: "last" }] }],
    ["with a threshold out of range", { tiers: [{ ...tier, exitWhen: { kind: "score", threshold: 2 } }] }],
    [
      "with a rule on scores of labels",
      {
        tiers: [{ name: "only", members: [{ model: fixture("label"), output: "label" }], exitWhen: scoreAtLeast(0.5) }],
      },
    ],
    [
      "with a rule on scores of a model that turns out to give labels",
      { classes: 3, tiers: [{ name: "only", members: [fixture("label")], exitWhen: scoreAtLeast(0.5) }] },
    ],
    ["with a device that does not exist", { tiers: [{ ...tier, device: "tpu" as never }] }],
  ])("%s", async (_, spec) => {
    expect(await specError(spec)).toMatchObject({ code: "QUORATE_ERR_INVALID_ARGUMENT" });
  });

  it("on a CUDA device that is not there says why", async () => {
    const error = await specError({ tiers: [{ ...tier, device: "cuda:63" } as never] });
    expect(error.code).toBe("QUORATE_ERR_DEVICE");
  });
});

describe("a call", () => {
  let cascade: Cascade;
  beforeAll(async () => {
    const first: TierOptions = {
      members: [digits("tiny-a.onnx"), digits("tiny-b.onnx")],
      exitWhen: agreementAtLeast(1),
    };
    cascade = await Cascade.builder()
      .tier("tiny", first)
      .tier("large", { members: [digits("large.onnx")] })
      .build();
  });
  afterAll(() => cascade.close());

  it.each<[string, () => unknown]>([
    ["an unknown tensor", () => cascade.run({ picture: new Float32Array(64) })],
    ["no tensor", () => cascade.run({})],
    ["a wrong type", () => cascade.run({ image: new Float64Array(64) })],
    ["a wrong length", () => cascade.run({ image: new Float32Array(63) })],
    ["part of a row", () => cascade.runBatch({ image: new Float32Array(65) })],
    ["zero rows", () => cascade.runBatch({ image: new Float32Array(0) })],
    ["shared memory", () => cascade.runBatch({ image: new Float32Array(new SharedArrayBuffer(256)) })],
    [
      "a resizable buffer",
      () =>
        cascade.runBatch({ image: new Float32Array(Reflect.construct(ArrayBuffer, [256, { maxByteLength: 512 }])) }),
    ],
    [
      "a detached buffer",
      () => {
        const image = new Float32Array(64);
        structuredClone(image.buffer, { transfer: [image.buffer] });
        return cascade.runBatch({ image });
      },
    ],
  ])("with %s is refused, and another is answered", async (_, call) => {
    const good = cascade.run({ image: new Float32Array(64) });
    const error = await errorOf(call);
    expect(error).toBeInstanceOf(QuorateError);
    expect(error).toMatchObject({ code: "QUORATE_ERR_INVALID_ARGUMENT" });
    expect(await good).toMatchObject({ valid: expect.any(Boolean) });
  });

  it("with NaN passes it on; the row's outcome is label -1 and not valid", async () => {
    const answer = await cascade.run({ image: new Float32Array(64).fill(Number.NaN) });
    expect(answer).toMatchObject({ label: -1, valid: false, tier: "large", votes: 0 });
  });

  it("after close is refused", async () => {
    const closed = await Cascade.builder()
      .tier("tiny", { members: [digits("tiny-a.onnx")] })
      .build();
    await closed.close();
    await closed.close();
    for (const call of [() => closed.run(new Float32Array(64)), () => closed.runBatch(new Float32Array(64))]) {
      expect(await errorOf(call)).toMatchObject({ code: "QUORATE_ERR_CLOSED" });
    }
  });

  it("with NaN from some rows leaves the others alone", async () => {
    const nan = await Cascade.builder()
      .tier("only", { members: [fixture("nan")] })
      .build();
    const { inputs } = nan;
    const width = Number(inputs[0]?.rowShape[0] ?? 0);
    const answer = await nan.runBatch({ [inputs[0]?.name ?? ""]: new Float32Array(3 * width) });
    expect([...answer.label]).toEqual([-1, -1, -1]);
    expect([...answer.status]).toEqual([1, 1, 1]);
    await nan.close();
  });
});
