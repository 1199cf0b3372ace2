/** Configurations that are valid and useless are named; those that are of use are not. */
import { expect, test } from "vitest";
import {
  agreementAtLeast,
  allOf,
  always,
  anyOf,
  Cascade,
  type CascadeSpec,
  confidenceAtLeast,
  entropyAtMost,
  marginAtLeast,
  never,
  type Rule,
  scoreAtLeast,
  type TierOptions,
  votesAtLeast,
} from "../../src/index.js";
import { model } from "./open.js";

async function warningsOf(spec: CascadeSpec): Promise<readonly string[]> {
  await using cascade = await Cascade.fromSpec(spec);
  return (await cascade.explain()).warnings;
}

const one = [model("scores")];
const several = (...tensors: string[]) => tensors.map((x) => ({ model: model("scores"), name: x, inputs: { x } }));
const three = several("a", "b", "c");

const withRule = (exitWhen: Rule, members: TierOptions["members"] = one, more: Partial<TierOptions> = {}) =>
  warningsOf({
    tiers: [
      { ...more, name: "cheap", members, exitWhen },
      { name: "big", members: several("a", "b", "c", "d") },
    ],
  });

test.each([
  ["one vote of one", votesAtLeast(1)],
  ["agreement of one", agreementAtLeast(0.5)],
  ["a score that every row has", scoreAtLeast(0)],
  ["a confidence that the best of three classes always has", confidenceAtLeast(0.33)],
  ["a margin of nothing", marginAtLeast(0)],
  ["the highest entropy", entropyAtMost(1)],
  ["one that holds, or another", anyOf(votesAtLeast(1), scoreAtLeast(0.9))],
  ["all that hold", allOf(votesAtLeast(1), marginAtLeast(0))],
])("%s holds for every row", async (_, rule) => {
  expect(await withRule(rule)).toEqual([
    expect.stringMatching(/^tier "cheap": .* holds for every row with a valid vote/),
  ]);
});

test("rules of several members on nothing but scores hold for every row, too", async () => {
  expect(await withRule(marginAtLeast(0), three, { combine: "mean" })).toEqual([
    expect.stringContaining("margin >= 0 holds for every row"),
  ]);
});

test.each([
  ["a part that never holds", allOf(never(), scoreAtLeast(0.5))],
  ["no part that ever holds", anyOf(never(), never())],
])("%s holds for no row", async (_, rule) => {
  expect(await withRule(rule)).toEqual([expect.stringMatching(/^tier "cheap": .* holds for no row/)]);
});

test.each([
  ["score", scoreAtLeast(1)],
  ["confidence", allOf(votesAtLeast(1), confidenceAtLeast(1))],
  ["entropy", entropyAtMost(0)],
])("the last %s is one that hardly any row reaches", async (measure, rule) => {
  expect(await withRule(rule)).toEqual([
    expect.stringMatching(new RegExp(`^tier "cheap": ${measure} .* holds only where scores are exactly 0 and 1`)),
  ]);
});

test.each([
  ["a score", scoreAtLeast(0.8), one],
  ["a confidence of one member, which is that of its vote", confidenceAtLeast(0.8), one],
  ["margin and entropy of one member", allOf(marginAtLeast(0.2), entropyAtMost(0.5)), one],
  ["a confidence of members that are of one mind", allOf(votesAtLeast(3), confidenceAtLeast(0.8)), three],
  ["one vote of three, which a tie does not have", votesAtLeast(1), three],
  ["agreement of three", agreementAtLeast(2 / 3), three],
  ["always", always(), one],
  ["never", never(), one],
] as const)("%s is of use", async (_, rule, members) => {
  expect(await withRule(rule, members)).toEqual([]);
});

test("a confidence of members that may differ can judge another label", async () => {
  for (const rule of [confidenceAtLeast(0.8), allOf(votesAtLeast(2), confidenceAtLeast(0.8))]) {
    expect(await withRule(rule, three)).toEqual([expect.stringContaining("may answer another one")]);
  }
});

test("the last tier's rule decides nothing, and is not judged", async () => {
  expect(await warningsOf({ tiers: [{ name: "only", members: one, exitWhen: votesAtLeast(1) }] })).toEqual([]);
});

test("a tier that costs less than one before it is named", async () => {
  const exitWhen = scoreAtLeast(0.8);
  const dear = { members: one, exitWhen, price: { perRow: 2 } };
  const orders: [string, CascadeSpec, boolean][] = [
    [
      "FLOPs",
      {
        tiers: [
          { name: "a", members: three, exitWhen: votesAtLeast(3) },
          { name: "b", members: one },
        ],
      },
      true,
    ],
    [
      "money",
      {
        tiers: [
          { name: "a", ...dear },
          { name: "b", members: one, price: { perRow: 1 } },
        ],
      },
      true,
    ],
    [
      "dearer",
      {
        tiers: [
          { name: "a", members: one, exitWhen },
          { name: "b", members: three },
        ],
      },
      false,
    ],
    [
      "alike",
      {
        tiers: [
          { name: "a", members: one, exitWhen },
          { name: "b", members: one },
        ],
      },
      false,
    ],
    [
      "money of more rows against FLOPs",
      {
        tiers: [
          { name: "a", members: three, exitWhen: votesAtLeast(3) },
          { name: "b", members: one, price: { perRow: 1 } },
        ],
      },
      false,
    ],
    [
      "money by the hour",
      {
        tiers: [
          { name: "a", ...dear },
          { name: "b", members: one, price: { perHour: 1 } },
        ],
      },
      false,
    ],
  ];
  for (const [name, spec, named] of orders) {
    const found = named ? [expect.stringMatching(/^tier "b" takes .* less than tier "a" before it/)] : [];
    expect(await warningsOf(spec), name).toEqual(found);
  }
});
