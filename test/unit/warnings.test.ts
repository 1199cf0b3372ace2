import { describe, expect, it } from "vitest";
import { tierOrderWarnings } from "../../src/cascade/tier-order.js";
import { resolveSpec } from "../../src/spec/resolve.js";
import {
  agreementAtLeast,
  allOf,
  always,
  anyOf,
  confidenceAtLeast,
  entropyAtMost,
  marginAtLeast,
  never,
  type Rule,
  scoreAtLeast,
  votesAtLeast,
} from "../../src/spec/rules.js";
import { specWarnings } from "../../src/spec/warnings.js";

const last = { name: "last", members: ["z.onnx"] };

/** Of a first tier of so many members. */
function warningsOf(exitWhen: Rule, members = 1, combine: "vote" | "mean" = "vote"): string[] {
  const names = Array.from({ length: members }, (_, m) => `m${m}.onnx`);
  return specWarnings(resolveSpec({ tiers: [{ name: "early", members: names, exitWhen, combine }, last] }));
}

describe("warnings about a rule", () => {
  it.each([
    ["votes of one member", votesAtLeast(1), 1],
    ["agreement of one member", agreementAtLeast(0.9), 1],
    ["a score of 0", scoreAtLeast(0), 3],
    ["an entropy of 1", entropyAtMost(1), 1],
    ["one part that always holds", anyOf(votesAtLeast(1), scoreAtLeast(0.9)), 1],
    ["parts that always hold", allOf(votesAtLeast(1), always()), 1],
  ])("say that it holds always: %s", (_, rule, members) => {
    expect(warningsOf(rule, members)).toEqual([
      expect.stringMatching(
        /^tier "early": the rule \(.+\) holds for every valid vote.*, so later tiers see next to no rows\.$/,
      ),
    ]);
  });

  it.each([
    ["a part that is never", allOf(never(), scoreAtLeast(0.5)), /can hold for no row/],
    ["a score of 1", scoreAtLeast(1), /a score of exactly 1/],
    ["a margin of 1 among others", allOf(marginAtLeast(1), scoreAtLeast(0.5)), /a margin of exactly 1/],
    ["an entropy of 0", entropyAtMost(0), /an entropy of exactly 0/],
  ])("say that rows cannot reach it: %s", (_, rule, message) => {
    expect(warningsOf(rule)).toEqual([expect.stringMatching(message)]);
  });

  it.each([
    ["what is always because it says so", always(), 1],
    ["what is never because it says so", never(), 1],
    ["one vote of several, which may tie", votesAtLeast(1), 2],
    ["votes and a score", allOf(votesAtLeast(1), scoreAtLeast(0.8)), 1],
    ["a way round a threshold of 1", anyOf(scoreAtLeast(1), marginAtLeast(0.5)), 1],
    ["confidence of one member, who votes for the class it is most sure of", confidenceAtLeast(0.9), 1],
  ])("are not given for %s", (_, rule, members) => {
    expect(warningsOf(rule, members)).toEqual([]);
  });

  it("are not given for the last tier, which answers every row whatever its rule says", () => {
    expect(specWarnings(resolveSpec({ tiers: [{ ...last, exitWhen: votesAtLeast(1) }] }))).toEqual([]);
  });

  it("name measures that may judge another label than that of most votes", () => {
    expect(warningsOf(confidenceAtLeast(0.9), 2)).toEqual([
      expect.stringMatching(/tier "early": confidence judges.*combine: "mean"/),
    ]);
    expect(warningsOf(confidenceAtLeast(0.9), 2, "mean")).toEqual([]);
  });
});

describe("warnings about the order of tiers", () => {
  const tiers = (...flops: (number | null)[]) => flops.map((flopsPerRow, t) => ({ name: `t${t}`, flopsPerRow }));

  it("name a tier that costs less than the one before it", () => {
    expect(tierOrderWarnings(tiers(100, 300, 200))).toEqual([
      'tier "t2" costs less than tier "t1" before it (200 FLOPs per row against 300): put the cheaper one first.',
    ]);
  });

  it("are not given where tiers cost the same or a cost is not known", () => {
    expect(tierOrderWarnings(tiers(100, 100, 200))).toEqual([]);
    expect(tierOrderWarnings(tiers(100, null, 50))).toEqual([]);
  });
});
