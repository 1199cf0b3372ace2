/** How many threads compute: what decides, in which order, and what is refused. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { quoted } from "../../src/errors.js";
import { errorOf, useFake } from "./open.js";

const { decidedThreads, getThreads, setThreads, threadsText } = await import("../../src/native/threads.js");
const { Cascade } = await import("../../src/cascade/cascade.js");

let addon = useFake();
const before = process.env["QUORATE_THREADS"];
beforeEach(() => {
  addon = useFake();
  delete process.env["QUORATE_THREADS"];
});
afterEach(() => {
  if (before === undefined) delete process.env["QUORATE_THREADS"];
  else process.env["QUORATE_THREADS"] = before;
});

const refused = { code: "QUORATE_ERR_INVALID_ARGUMENT", name: "RangeError" };

describe("the number of threads", () => {
  it("is what the addon found when nothing else is said", () => {
    expect(getThreads()).toBe(2);
    process.env["QUORATE_THREADS"] = "";
    expect(decidedThreads(addon)).toEqual({ count: 2, reason: "quota" });
  });

  it("comes from QUORATE_THREADS when the first cascade is built", async () => {
    process.env["QUORATE_THREADS"] = "7";
    await Cascade.fromSpec({ tiers: [{ name: "t", members: ["a.onnx"] }] });
    expect(addon.threads()).toEqual({ count: 7, reason: "variable" });
    process.env["QUORATE_THREADS"] = "no longer read";
    await Cascade.fromSpec({ tiers: [{ name: "t", members: ["a.onnx"] }] });
    expect(getThreads()).toBe(7);
  });

  it("is refused by the first build when QUORATE_THREADS is not a whole number from 1 to 1024", async () => {
    for (const variable of ["0", "1025", "2.5", "-1", "two", "1e2", " 4", "0x4", "Infinity"]) {
      process.env["QUORATE_THREADS"] = variable;
      const error = await errorOf(() => Cascade.fromSpec({ tiers: [{ name: "t", members: ["a.onnx"] }] }));
      expect(error).toMatchObject(refused);
      expect(error.message).toBe(`QUORATE_THREADS is "${variable}", expected a whole number from 1 to 1024.`);
    }
    expect(addon.threads().reason).toBe("quota");
    expect(addon.cascades).toEqual([]);
  });

  it("is what setThreads says, whatever QUORATE_THREADS holds", () => {
    process.env["QUORATE_THREADS"] = "7";
    setThreads(3);
    expect(getThreads()).toBe(3);
    setThreads(1024);
    expect(decidedThreads(addon)).toEqual({ count: 1024, reason: "program" });
  });

  it("must be a whole number from 1 to 1024 for setThreads too", async () => {
    for (const threads of [0, 1025, 2.5, -1, Number.NaN, "4", null, undefined]) {
      const error = await errorOf(() => setThreads(threads as number));
      expect(error).toMatchObject(refused);
      expect(error.message).toBe(`setThreads: threads is ${quoted(threads)}, expected a whole number from 1 to 1024.`);
    }
    expect(getThreads()).toBe(2);
  });

  it("is told with its reason", () => {
    expect(threadsText({ count: 2, reason: "quota" })).toBe("2, the CPU quota of this container, rounded up");
    expect(threadsText({ count: 4, reason: "variable" })).toBe("4, set by QUORATE_THREADS");
  });
});
