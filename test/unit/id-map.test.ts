import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IdMap } from "../../src/calls/id-map.js";

describe("a map of ids", () => {
  it("answers as a Map does", () => {
    const id = fc.integer({ min: 1, max: 300 });
    const step = fc.tuple(fc.constantFrom("set", "delete", "get"), id);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 500 }), (steps) => {
        const ours = new IdMap<{ readonly step: number }>();
        const plain = new Map<number, { readonly step: number }>();
        for (const [i, [what, id]] of steps.entries()) {
          if (what === "set") {
            ours.set(id, { step: i });
            plain.set(id, { step: i });
          } else if (what === "delete") {
            ours.delete(id);
            plain.delete(id);
          }
          expect(ours.get(id)).toEqual(plain.get(id));
          expect(ours.size).toBe(plain.size);
        }
        expect(new Set(ours.values().map(({ step }) => step))).toEqual(
          new Set([...plain.values()].map(({ step }) => step)),
        );
        ours.clear();
        expect(ours.size).toBe(0);
        expect(ours.values()).toEqual([]);
      }),
    );
  });

  it("knows its lowest id", () => {
    const map = new IdMap<object>();
    expect(map.first).toBe(Number.POSITIVE_INFINITY);
    for (let id = 1; id <= 200; id++) map.set(id, {});
    expect(map.first).toBe(1);
    for (let id = 1; id <= 130; id++) map.delete(id);
    expect(map.first).toBe(131);
  });

  it("lets go of what was deleted: small collections free it", () => {
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as (options?: { readonly type: "minor" }) => void;
    const inFlight = 100;
    const calls = 10_000;
    const map = new IdMap<{ readonly bytes: readonly number[] }>();
    const fill = (from: number): void => {
      for (let id = from; id < from + calls; id++) {
        map.set(id, { bytes: new Array<number>(128).fill(id) });
        map.delete(id - inFlight);
        if (id % 1000 === 0) gc({ type: "minor" });
      }
    };
    fill(1);
    gc();
    const before = process.memoryUsage().heapUsed;
    fill(1 + calls);
    gc({ type: "minor" });
    gc({ type: "minor" });
    // About 1 KB each: a Map keeps most of the 10 MB here.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(2 << 20);
  });
});
