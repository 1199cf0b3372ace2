/** What the numbers of a label output stand for: values of every integer type, and bool. */
import { expect, test } from "vitest";
import { Cascade, type CascadeSpec, type Member } from "../../src/index.js";
import { answered } from "../integration/paths.js";
import { model, refusal } from "./open.js";

const count = 40;
const x = new Float32Array(4 * count).map((_, i) => Math.sin(4 * i));
const names = ["one", "two", "three"] as const;

async function labelsOf(member: Member, spec: Omit<CascadeSpec, "tiers"> = {}): Promise<number[]> {
  await using cascade = await Cascade.fromSpec({ ...spec, tiers: [{ name: "t", members: [member] }] });
  return Array.from((await cascade.runBatch({ x })).label);
}

const problemsOf = (member: Member, classes: readonly string[] | number): Promise<string> =>
  refusal({ classes, tiers: [{ name: "t", members: [member] }] });

const classes = await labelsOf(model("scores"));
const signs = await labelsOf(model("two-scores"));

test("the rows have every class", () => {
  expect(new Set(classes)).toEqual(new Set([0, 1, 2]));
  expect(new Set(signs)).toEqual(new Set([0, 1]));
});

test("labels that count from 1 are their classes", async () => {
  const member = { model: model("labels-from-1"), labels: [1, 2, 3] };
  expect(await labelsOf(member, { classes: names })).toEqual(classes);
  await using cascade = await Cascade.fromSpec({ classes: names, tiers: [{ name: "t", members: [member] }] });
  const answer = await cascade.run({ x: x.subarray(0, 4) });
  expect(answer.labelName).toBe(names[classes[0] as number]);
});

test("labels may be any numbers, in any order", async () => {
  expect(await labelsOf({ model: model("labels-ids"), labels: [100000, 7, -5] }, { classes: 3 })).toEqual(classes);
  expect(await labelsOf({ model: model("labels-signs"), labels: [-1, 1] }, { classes: 2 })).toEqual(signs);
  expect(await labelsOf({ model: model("labels-signs"), labels: [1, -1] }, { classes: 2 })).toEqual(
    signs.map((label) => 1 - label),
  );
});

test("classes say which of the cascade's classes the labels are for", async () => {
  const member = { model: model("labels-ids"), classes: ["three", "one", "two"], labels: [100000, 7, -5] };
  const expected = classes.map((label) => [2, 0, 1][label]);
  expect(await labelsOf(member, { classes: names })).toEqual(expected);
});

test("classes without labels are those of the labels 0, 1 and 2", async () => {
  const member = { model: model("labels-int64"), classes: ["three", "one", "two"] };
  const expected = classes.map((label) => [2, 0, 1][label]);
  expect(await labelsOf(member, { classes: names })).toEqual(expected);
});

for (const type of ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]) {
  test(`${type} is a label`, async () => {
    expect(await labelsOf(model(`labels-${type}`), { classes: 3 })).toEqual(classes);
    const member = { model: model(`labels-${type}-from-100`), labels: [100, 101, 102] };
    expect(await labelsOf(member, { classes: 3 })).toEqual(classes);
  });
}

test("bool is a label", async () => {
  expect(await labelsOf(model("labels-bool"), { classes: 2 })).toEqual(signs);
  expect(await labelsOf({ model: model("labels-bool"), labels: [1, 0] }, { classes: 2 })).toEqual(
    signs.map((label) => 1 - label),
  );
});

test("a value that is not listed has no vote, and no other value's", async () => {
  const unlisted = { model: model("labels-huge"), labels: [-1, Number.MAX_SAFE_INTEGER, 0] };
  expect(await labelsOf(unlisted, { classes: 3 })).toEqual(classes.map((label) => (label === 0 ? -1 : label)));
  // 1 and 2 are listed for other classes; 3 is not listed.
  const shifted = { model: model("labels-from-1"), labels: [0, 1, 2] };
  expect(await labelsOf(shifted, { classes: 3 })).toEqual(classes.map((label) => (label === 2 ? -1 : label + 1)));
});

test("members of one tier may write the same class differently", async () => {
  const members = [
    { model: model("labels-from-1"), labels: [1, 2, 3] },
    { model: model("labels-ids"), labels: [100000, 7, -5] },
    model("labels-uint8"),
  ];
  for (const execution of ["concurrent", "sequential"] as const) {
    await using cascade = await Cascade.fromSpec({ classes: 3, tiers: [{ name: "t", members, execution }] });
    const batch = await cascade.runBatch({ x }, { trace: true });
    expect(Array.from(batch.label)).toEqual(classes);
    const first = answered(batch, 0).trace?.[0]?.members.map(({ vote }) => vote);
    expect(first).toEqual([classes[0], classes[0], classes[0]]);
  }
});

test("functions give values too, and -1 abstains unless it is one of them", async () => {
  const member = (values: readonly number[], labels: readonly number[]): Member => ({
    run: ({ count: rows }) => Int32Array.from({ length: rows }, (_, i) => values[i % values.length] as number),
    inputs: { x: { type: "float32", rowShape: [4] } },
    labels,
  });
  expect((await labelsOf(member([30, 10, -1, 20], [10, 20, 30]), { classes: 3 })).slice(0, 4)).toEqual([2, 0, -1, 1]);
  expect((await labelsOf(member([1, -1], [-1, 1]), { classes: 2 })).slice(0, 2)).toEqual([1, 0]);
});

test("labels that cannot be right are refused by name", async () => {
  const labels = [1, 2, 3];
  expect(await problemsOf({ model: model("scores"), labels }, 3)).toMatch(/member 0.*`labels`.*scores/);
  expect(await problemsOf({ model: model("scores"), output: "logits", labels }, 3)).toMatch(/`labels` are the values/);
  expect(await problemsOf({ model: model("labels-from-1"), labels: [1, 2] }, 3)).toMatch(
    /has labels for 2 classes, expected 3/,
  );
  expect(await problemsOf({ model: model("labels-from-1"), labels: [1, 2, 2] }, 3)).toMatch(/labels/);
  expect(await problemsOf({ model: model("labels-from-1"), labels: [1, 2.5, 3] }, 3)).toMatch(/labels/);
  const classesAndLabels = { model: model("labels-from-1"), labels: [1, 2], classes: [...names] };
  expect(await problemsOf(classesAndLabels, names)).toMatch(/2 labels for 3 classes/);
});
