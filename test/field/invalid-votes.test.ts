/** Members whose outputs are no votes: they are counted, and said. */
import { expect, test } from "vitest";
import {
  agreementAtLeast,
  Cascade,
  type CascadeWarning,
  type Member,
  type MemberFunction,
  never,
} from "../../src/index.js";
import { model } from "./open.js";

const nextWarning = (cascade: Cascade): Promise<CascadeWarning> =>
  new Promise((resolve) => void cascade.on("warning", resolve));

const rowsOf = (count: number): Float32Array => new Float32Array(4 * count).map((_, i) => 3 * Math.sin(4 * i));
const x = rowsOf(100);

const open = (member: Member, warmup = true): Promise<Cascade> =>
  Cascade.fromSpec({
    classes: 3,
    warmup,
    tiers: [
      { name: "cheap", members: [member], exitWhen: agreementAtLeast(1) },
      { name: "big", members: [model("scores")] },
    ],
  });

const invalidOf = (cascade: Cascade): (number | undefined)[] =>
  cascade.counters().tiers.map(({ members }) => members[0]?.invalidVotes);

const aFunction = (run: MemberFunction, more: Partial<Exclude<Member, string>> = {}): Member => ({
  run,
  inputs: { x: { type: "float32", rowShape: [4] } },
  ...(more as object),
});

test("scores that are declared as probabilities are counted and explained", async () => {
  await using cascade = await open({ model: model("scores"), output: "probabilities" });
  const before = (await cascade.explain()).warnings;
  expect(before.join("\n")).toMatch(
    /tier "cheap", member 0 \(scores.onnx\): \d of 8 rows had no valid vote.*"logits".*made up/,
  );
  const batch = await cascade.runBatch({ x });
  const deferred = batch.tierIndex.filter((tier) => tier === 1).length;
  expect(deferred).toBeGreaterThan(50);
  expect(invalidOf(cascade)).toEqual([deferred, 0]);
  const { warnings } = await cascade.explain();
  expect(warnings.join("\n")).toContain(
    `${deferred} of 100 rows had no valid vote, because a score was NaN or outside`,
  );
});

test("labels outside the classes are counted and explained, also without a warm-up", async () => {
  for (const warmup of [true, false]) {
    await using cascade = await open(model("labels-from-1"), warmup);
    await cascade.runBatch({ x });
    const [invalid] = invalidOf(cascade);
    expect(invalid).toBeGreaterThan(0);
    const { warnings } = await cascade.explain();
    expect(warnings.join("\n")).toContain(`${invalid} of 100 rows had no valid vote, because its label stood for none`);
    expect(warnings.join("\n")).toContain("`labels` says which values it writes");
  }
});

test("-1 from a model is a label like any other", async () => {
  const spec = { classes: 2, warmup: false, tiers: [{ name: "t", members: [model("labels-signs")] }] };
  await using cascade = await Cascade.fromSpec(spec);
  const batch = await cascade.runBatch({ x });
  expect(invalidOf(cascade)).toEqual([batch.label.filter((label) => label === -1).length]);
});

test("members that vote have no invalid votes and no warnings", async () => {
  const labels: Member = { model: model("labels-from-1"), labels: [1, 2, 3] };
  for (const member of [labels, model("scores"), model("labels-uint8")]) {
    await using cascade = await open(member);
    await cascade.runBatch({ x });
    expect(invalidOf(cascade)).toEqual([0, 0]);
    expect((await cascade.explain()).warnings.filter((warning) => warning.includes("no valid vote"))).toEqual([]);
  }
});

test("a NaN in the input is an invalid vote of every member that reads it", async () => {
  await using cascade = await Cascade.fromSpec({
    tiers: [{ name: "t", members: [model("scores"), { model: model("scores"), name: "hot", inputs: { x: "z" } }] }],
  });
  const z = Float32Array.from(x);
  z[0] = Number.NaN;
  await cascade.runBatch({ x, z });
  expect(cascade.counters().tiers[0]?.members.map(({ invalidVotes }) => invalidVotes)).toEqual([0, 1]);
});

test("a function that abstains or fails has no invalid votes, one that gives other labels has", async () => {
  const cases: [MemberFunction, number][] = [
    [({ count }) => new Int32Array(count).fill(-1), 0],
    [() => Promise.reject(new Error("down")), 0],
    [({ count }) => new Int32Array(count).fill(3), 100],
    [({ count }) => new Int32Array(count).fill(-2), 100],
  ];
  for (const [run, expected] of cases) {
    await using cascade = await Cascade.fromSpec({
      classes: 3,
      tiers: [
        { name: "cheap", members: [aFunction(run)], exitWhen: never(), onFailure: "defer" },
        { name: "big", members: [model("scores")] },
      ],
    });
    await cascade.runBatch({ x });
    expect(invalidOf(cascade)).toEqual([expected, 0]);
  }
});

test("members that sequential execution skips have no invalid votes", async () => {
  const vote: MemberFunction = ({ count }) => new Int32Array(count).fill(1);
  const wrong: MemberFunction = ({ count }) => new Int32Array(count).fill(9);
  const members = [
    aFunction(vote, { name: "a" }),
    aFunction(async (b) => vote(b, { signal: new AbortController().signal } as never), { name: "b" }),
    aFunction(wrong, { name: "c" }),
  ];
  await using cascade = await Cascade.fromSpec({
    classes: 3,
    tiers: [{ name: "t", members, execution: "sequential", exitWhen: agreementAtLeast(0.5) }],
  });
  await cascade.runBatch({ x });
  const counted = cascade
    .counters()
    .tiers[0]?.members.map(({ rowsSkipped, invalidVotes }) => [rowsSkipped, invalidVotes]);
  expect(counted).toEqual([
    [0, 0],
    [0, 0],
    [100, 0],
  ]);
});

test("a warning comes once when more than half of a member's last 1,000 rows are invalid", async () => {
  let share = 0.5;
  const run: MemberFunction = ({ count, tensors }) => {
    const rows = tensors.x as Float32Array;
    return Int32Array.from({ length: count }, (_, i) => ((rows[4 * i] as number) < share ? 7 : 1));
  };
  await using cascade = await Cascade.fromSpec({
    classes: 3,
    tiers: [{ name: "t", members: [aFunction(run)], batch: { maxRows: 1000 } }],
  });
  const warnings: CascadeWarning[] = [];
  cascade.on("warning", (warning) => warnings.push(warning));
  // Row i of 1,000 is invalid if i / 1,000 is below the share.
  const thousand = Float32Array.from({ length: 4000 }, (_, i) => (i >> 2) / 1000);
  await cascade.runBatch({ x: thousand });
  expect(warnings).toEqual([]);
  share = 0.5005;
  const warned = nextWarning(cascade);
  await cascade.runBatch({ x: thousand });
  await warned;
  await cascade.runBatch({ x: thousand });
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatchObject({
    kind: "invalidVotes",
    tier: "t",
    member: "function 1",
    memberIndex: 0,
    rows: 1000,
    invalid: 501,
  });
  expect(warnings[0]?.message).toMatch(/member 0 .*: 501 of 1000 rows had no valid vote/);
  share = 0;
  await cascade.runBatch({ x: thousand });
  share = 1;
  const again = nextWarning(cascade);
  await cascade.runBatch({ x: thousand });
  await again;
  expect(warnings).toHaveLength(2);
});

test("nobody need listen, and single rows count as those of a batch", async () => {
  const spec = {
    classes: 3,
    tiers: [{ name: "t", members: [{ model: model("scores"), output: "probabilities" }] }],
  } as const;
  await using cascade = await Cascade.fromSpec(spec);
  await Promise.all(Array.from({ length: 1500 }, () => cascade.run({ x: Float32Array.of(9, 9, 9, 9) })));
  expect(invalidOf(cascade)).toEqual([1500]);
});

test("only that event and only functions are heard, and off() takes a listener back", async () => {
  await using cascade = await Cascade.fromSpec({ tiers: [{ name: "t", members: [model("scores")] }] });
  const listener = (): void => {};
  expect(() => cascade.on("warn" as never, listener)).toThrow('there is no event "warn", expected "warning".');
  expect(() => cascade.on("warning", 3 as never)).toThrow("a listener is 3, expected a function.");
  expect(cascade.on("warning", listener).off("warning", listener)).toBe(cascade);
});
