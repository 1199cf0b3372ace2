/** Inputs without a batch: scalars, vectors and tables that are the same for every row. */
import { describe, expect, it } from "vitest";
import { Cascade, type CascadeSpec, type Constant, type ModelMember } from "../../src/index.js";
import { model, refusal } from "./open.js";

const x = Float32Array.from({ length: 10 * 4 }, (_, i) => Math.sin(3 * i + 1));

async function scores(spec: CascadeSpec): Promise<number[]> {
  const cascade = await Cascade.fromSpec(spec);
  const { score } = await cascade.runBatch({ x });
  const one = await cascade.run({ x: x.subarray(0, 4) });
  expect(one.score).toBe(score[0]);
  await cascade.close();
  return [...score];
}

const spec = (member: ModelMember, options: Partial<CascadeSpec> = {}): CascadeSpec => ({
  ...options,
  tiers: [{ name: "t", members: [member] }],
});
const withGain = (name: string, gain: Constant): CascadeSpec => spec({ model: model(name), constants: { gain } });
/** What the model `scores` says when its logits are multiplied. */
const scaled = (gain: number): Promise<number[]> => scores(spec({ model: model("scores"), temperature: 1 / gain }));

function expectClose(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 5);
}

describe("a constant", () => {
  it.each<[string, Constant]>([
    ["gain", 2],
    ["gain", 2n],
    ["gain", Float32Array.of(2)],
    ["gain-of-one", 2],
    ["gain-of-one", [2]],
    ["gain-open", 2],
    ["gain-open", [2, 2, 2]],
    ["gain-open", Int32Array.of(2, 2, 2)],
    [
      "table",
      [
        [2, 0, 0],
        [0, 2, 0],
        [0, 0, 2],
      ],
    ],
  ])("of the model %s may be %o", async (name, value) => {
    const constants = name === "table" ? { table: value } : { gain: value };
    expectClose(await scores(spec({ model: model(name), constants })), await scaled(2));
  });

  it.each(["float16", "float64", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])(
    "takes the model's type: %s",
    async (type) => expectClose(await scores(withGain(`gain-${type}`, 2)), await scaled(2)),
  );

  it("is a flag, or bits of half precision", async () => {
    expectClose(await scores(withGain("gain-bool", true)), await scaled(1));
    expectClose(await scores(withGain("gain-float16", Uint16Array.of(0x3e00))), await scaled(1.5));
    expectClose(await scores(withGain("gain-float16", 1.5)), await scaled(1.5));
  });

  it("is the cascade's where the member has none of that name", async () => {
    expectClose(await scores(spec({ model: model("gain") }, { constants: { gain: 2 } })), await scaled(2));
    const both = spec({ model: model("gain"), constants: { gain: 2 } }, { constants: { gain: 3 } });
    expect(await refusal(both)).toBe("built");
    expectClose(await scores(both), await scaled(2));
    const renamed = spec({ model: model("gain"), inputs: { gain: "factor" } }, { constants: { factor: 2 } });
    expectClose(await scores(renamed), await scaled(2));
  });

  it("is no tensor that calls give, and no cost of a row", async () => {
    const cascade = await Cascade.fromSpec(withGain("gain", 2));
    expect(cascade.inputs.map(({ name }) => name)).toEqual(["x"]);
    const { tiers } = await cascade.explain();
    expect(tiers[0]?.members[0]?.flopsPerRow).toBe(2 * 4 * 3 + 3);
    await cascade.close();
  });

  it("tells two members of one model apart", async () => {
    const member = (gain: number): ModelMember => ({ model: model("gain"), constants: { gain } });
    const tiers = (...gains: number[]) => [{ name: "t", members: gains.map(member) }];
    expect(await refusal({ tiers: tiers(1, 2) })).toBe("built");
    expect(await refusal({ tiers: tiers(2, 2) })).toContain("are the same model");
  });
});

describe("a constant that does not fit", () => {
  it("is asked for, with the input's name and type", async () => {
    expect(await refusal(spec({ model: model("gain") }))).toMatch(
      /input 'gain' is float32 without dimensions.*give it with `constants`, as constants: \{ "gain": 1 \}/,
    );
  });

  it.each<[string, Constant, RegExp]>([
    ["gain-uint8", 256, /input 'gain' is uint8, which does not hold 256/],
    ["gain-int8", 1.5, /input 'gain' is int8, which does not hold 1.5/],
    ["gain-bool", 2, /input 'gain' is bool, which does not hold 2/],
    ["gain-uint64", -1, /input 'gain' is uint64, which does not hold -1/],
    ["gain-of-one", [1, 2], /input 'gain' has shape \[1\], the constant given for it is 2 numbers/],
  ])("is refused: %s of %o", async (name, gain, expected) => {
    expect(await refusal(withGain(name, gain))).toMatch(expected);
  });

  it.each([["text"], [{ a: 1 }], [[[1], [1, 2]]], [[]], [null]])("is none: %o", async (gain) => {
    const given = withGain("gain", gain as unknown as Constant);
    expect(await refusal(given)).toContain('the constant "gain" is none: expected a number, a boolean');
  });

  it("names an input that is not there", async () => {
    expect(await refusal(spec({ model: model("gain"), constants: { gian: 1 } }))).toContain("has no input 'gian'");
    expect(await refusal(spec({ model: model("scores") }, { constants: { gain: 1 } }))).toContain(
      'constants names "gain", which no model reads',
    );
  });
});

describe("members that want one tensor in two layouts", () => {
  it("are both named, with the remedy", async () => {
    const tiers = [
      { name: "a", members: [model("scores")], exitWhen: { kind: "never" as const } },
      { name: "b", members: [{ model: model("categories"), inputs: { id: "x" } }] },
    ];
    expect(await refusal({ tiers })).toMatch(
      /"b", member 0 \(categories.onnx\) reads "x" as int64, and tier "a", member 0 \(scores.onnx\) as float32.*inputs: \{/,
    );
  });
});

it("of two tiers with one model are each tier's own", async () => {
  const member = (gain: number) => ({ model: model("gain"), constants: { gain } });
  const two = await scores({
    tiers: [
      { name: "a", members: [member(1)], exitWhen: { kind: "never" } },
      { name: "b", members: [member(3)] },
    ],
  });
  expectClose(two, await scaled(3));
});
