import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { QuorateError } from "../../src/errors.js";
import { lowerRule } from "../../src/native/lower-rule.js";
import { agreementVotes, describeRule, measuresOf, requiredVotes } from "../../src/spec/rule-meaning.js";
import {
  agreementAtLeast,
  allOf,
  always,
  anyOf,
  confidenceAtLeast,
  entropyAtMost,
  marginAtLeast,
  never,
  scoreAtLeast,
  votesAtLeast,
} from "../../src/spec/rules.js";

describe("rules", () => {
  it("are plain JSON", () => {
    const rule = anyOf(votesAtLeast(3), allOf(agreementAtLeast(2 / 3), scoreAtLeast(0.9)), always(), never());
    expect(JSON.parse(JSON.stringify(rule))).toEqual(rule);
  });

  it.each([
    ["agreementAtLeast", agreementAtLeast, [0, -0.1, 1.0001, Number.NaN], "(0, 1]"],
    ["scoreAtLeast", scoreAtLeast, [-0.001, 1.5, Number.NaN], "[0, 1]"],
    ["confidenceAtLeast", confidenceAtLeast, [-1, 2], "[0, 1]"],
    ["marginAtLeast", marginAtLeast, [-1, 2], "[0, 1]"],
    ["entropyAtMost", entropyAtMost, [-1, 2], "[0, 1]"],
    ["votesAtLeast", votesAtLeast, [0, 1.5, 65, Number.NaN], "1 to 64"],
  ])("%s refuses a value outside its range, naming rule, value and range", (name, make, values, range) => {
    for (const value of values) {
      let error: unknown;
      try {
        make(value);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(QuorateError);
      const { name: kind, message, code } = error as QuorateError;
      expect(kind).toBe("RangeError");
      expect(code).toBe("QUORATE_ERR_INVALID_ARGUMENT");
      expect(message).toContain(name);
      expect(message).toContain(String(value));
      expect(message).toContain(range);
    }
  });

  it("refuses allOf and anyOf without rules", () => {
    expect(() => allOf()).toThrow(/allOf.*at least one rule/);
    expect(() => anyOf()).toThrow(/anyOf.*at least one rule/);
  });
});

describe("agreement in votes", () => {
  it("is exact for fractions of the members", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 64 }), (members, votes) => {
        fc.pre(votes <= members);
        expect(agreementVotes(votes / members, members)).toBe(votes);
      }),
    );
  });

  it("asks for 3 of 3 at 0.67, because 2/3 < 0.67", () => {
    expect(agreementVotes(0.67, 3)).toBe(3);
    expect(agreementVotes(2 / 3, 3)).toBe(2);
  });

  it("asks for at least one vote", () => {
    expect(agreementVotes(1e-9, 5)).toBe(1);
  });
});

describe("a rule's program", () => {
  it("is postfix", () => {
    const rule = anyOf(allOf(votesAtLeast(2), scoreAtLeast(0.5)), entropyAtMost(0.25));
    expect(lowerRule(rule, 3)).toEqual([
      { kind: "votes", arity: 0, votes: 2, threshold: 0 },
      { kind: "score", arity: 0, votes: 0, threshold: 0.5 },
      { kind: "allOf", arity: 2, votes: 0, threshold: 0 },
      { kind: "entropy", arity: 0, votes: 0, threshold: 0.25 },
      { kind: "anyOf", arity: 2, votes: 0, threshold: 0 },
    ]);
  });

  it("lists the measures it compares", () => {
    expect(measuresOf(allOf(scoreAtLeast(0.5), anyOf(marginAtLeast(0.1), always())))).toEqual(
      new Set(["score", "margin"]),
    );
  });

  it("needs the most votes of an allOf and the fewest of an anyOf", () => {
    expect(requiredVotes(allOf(votesAtLeast(2), agreementAtLeast(1)), 3)).toBe(3);
    expect(requiredVotes(anyOf(votesAtLeast(2), agreementAtLeast(1)), 3)).toBe(2);
    expect(requiredVotes(anyOf(votesAtLeast(2), scoreAtLeast(0.9)), 3)).toBeUndefined();
  });

  it("has words", () => {
    const rule = allOf(agreementAtLeast(1), anyOf(scoreAtLeast(0.8), entropyAtMost(0.1)));
    expect(describeRule(rule, 3)).toBe("votes >= 3 of 3 and (score >= 0.8 or entropy <= 0.1)");
  });
});
