import { describe, expect, it } from "vitest";
import { Causes } from "../../src/calls/causes.js";

describe("a cause", () => {
  it("is the very value that was thrown, be it undefined", () => {
    const causes = new Causes();
    const thrown = new Error("no credit");
    const number = causes.add(thrown, 1);
    expect(causes.optionsOf(number).cause).toBe(thrown);
    expect(causes.optionsOf(causes.add(undefined, 1))).toHaveProperty("cause", undefined);
  });

  it("of two equal errors is each its own", () => {
    const causes = new Causes();
    const [one, two] = [new Error("no credit"), new Error("no credit")];
    const numbers = [causes.add(one, 1), causes.add(two, 1)];
    expect(numbers.map((number) => causes.optionsOf(number).cause === two)).toEqual([false, true]);
  });

  it("of number 0, or one that nobody knows, is none", () => {
    const causes = new Causes();
    expect(causes.optionsOf(0)).toEqual({});
    expect(causes.optionsOf(7)).toEqual({});
  });

  it("is forgotten when the calls that may meet it have settled, and not before", () => {
    const causes = new Causes();
    const number = causes.add("early", 3);
    causes.add("late", 9);
    causes.forget(3);
    expect(causes.optionsOf(number)).toEqual({ cause: "early" });
    causes.forget(4);
    expect(causes.optionsOf(number)).toEqual({});
    expect(causes.size).toBe(1);
    causes.forget(Number.POSITIVE_INFINITY);
    expect(causes.size).toBe(0);
  });

  it("is one of at most 65,535, however long a call waits", () => {
    const causes = new Causes();
    const first = causes.add("first", 1);
    for (let i = 0; i < 65_535; i++) causes.add(i, 1);
    expect(causes.size).toBe(65_535);
    expect(causes.optionsOf(first)).toEqual({});
  });
});
