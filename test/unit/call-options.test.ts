import { describe, expect, it } from "vitest";
import { lowerCallOptions } from "../../src/calls/call-options.js";
import type { Cascade } from "../../src/cascade/cascade.js";
import { machineReport } from "../../src/cascade/machine-report.js";
import type { QuorateError } from "../../src/errors.js";
import { suggestion } from "../../src/spec/nearest.js";
import { errorOf, openFake } from "./open.js";

const row = { x: new Float32Array(2) };

/** Every call that takes options, with options of any kind. */
const calls: Readonly<Record<string, (cascade: Cascade, options: never) => unknown>> = {
  run: (cascade, options) => cascade.run(row, options),
  runBatch: (cascade, options) => cascade.runBatch(row, options),
  stream: (cascade, options) => cascade.stream([row], options).next(),
  counters: (cascade, options) => cascade.counters(options),
  cost: (cascade, options) => cascade.cost(options),
  close: (cascade, options) => cascade.close(options),
  machineReport: (_, options) => machineReport(options),
};

async function refusal(call: string, options: unknown): Promise<QuorateError> {
  const { cascade, native } = await openFake();
  const error = await errorOf(() => calls[call]?.(cascade, options as never));
  expect(error).toMatchObject({ name: "QuorateError", code: "QUORATE_ERR_INVALID_ARGUMENT" });
  expect(native.submitted).toEqual([]);
  expect(native.drains).toEqual([]);
  return error as QuorateError;
}

const ofAll = "signal, deadlineMs, onDeadline, priority, onFull, trace";

describe("a wrong option", () => {
  it.each<[string, unknown, string]>([
    ["run", { prioritty: 1 }, `run: "prioritty" is not a known option (known: ${ofAll}), did you mean "priority"?`],
    [
      "run",
      { degradeOnDeadline: true },
      `run: "degradeOnDeadline" is not a known option (known: ${ofAll}), did you mean "onDeadline"?`,
    ],
    ["run", { rows: 3 }, `run: "rows" is not a known option (known: ${ofAll}).`],
    ["run", { toString: 1 }, `run: "toString" is not a known option (known: ${ofAll}).`],
    ["run", { priority: 0 }, "run, /priority: expected a number in [1, 9], got 0."],
    ["run", { priority: 2.5 }, "run, /priority: expected an integer, got 2.5."],
    ["run", { priority: 1n }, "run, /priority: expected an integer, got 1n."],
    ["run", { trace: "yes" }, 'run, /trace: expected a boolean, got "yes".'],
    ["run", { signal: {} }, "run, /signal: expected an AbortSignal, got {}."],
    ["run", { signal: null }, "run, /signal: expected an AbortSignal, got null."],
    ["run", { deadlineMs: Number.NaN }, "run, /deadlineMs: expected a number of milliseconds, got NaN."],
    ["run", { deadlineMs: "5" }, 'run, /deadlineMs: expected a number of milliseconds, got "5".'],
    ["run", { onDeadline: "wait" }, 'run, /onDeadline: expected one of "reject", "degrade", got "wait".'],
    ["run", null, "run: expected an object, got null."],
    ["run", 5, "run: expected an object, got 5."],
    ["runBatch", { copy: 1 }, "runBatch, /copy: expected a boolean, got 1."],
    ["runBatch", { rows: 0 }, "runBatch, /rows: expected a number in [1, 4294967295], got 0."],
    [
      "stream",
      { orderd: false },
      `stream: "orderd" is not a known option (known: ${ofAll}, ordered, inFlight, onRowError), did you mean "ordered"?`,
    ],
    [
      "stream",
      { inflight: 3 },
      `stream: "inflight" is not a known option (known: ${ofAll}, ordered, inFlight, onRowError), did you mean "inFlight"?`,
    ],
    ["stream", { onRowError: row }, 'stream, /onRowError: expected a function, got {"x":{"0":0,"1":0}}.'],
    ["stream", { onRowError: "log" }, 'stream, /onRowError: expected a function, got "log".'],
    ["counters", { sicne: {} }, 'counters: "sicne" is not a known option (known: since), did you mean "since"?'],
    ["counters", { since: 5 }, "counters, /since: expected an object, got 5."],
    ["cost", { from: {} }, 'cost: "from" is not a known option (known: since, prices, reference).'],
    [
      "cost",
      { prices: { edge: { perHr: 3 } } },
      'cost, /prices/edge: "perHr" is not a known option (known: perHour, perRow, perGigabyte), did you mean "perHour"?',
    ],
    [
      "cost",
      { prices: { edge: { perHour: -3 } } },
      "cost, /prices/edge/perHour: expected a number in [0, Infinity), got -3.",
    ],
    ["cost", { prices: { edge: { perRow: Number.NaN } } }, "cost, /prices/edge/perRow: expected a number, got NaN."],
    ["cost", { prices: { edge: 3 } }, "cost, /prices/edge: expected an object, got 3."],
    ["cost", { reference: 3 }, "cost, /reference: expected an object, got 3."],
    [
      "cost",
      { reference: { moneyPerRow: -1 } },
      "cost, /reference/moneyPerRow: expected a number in [0, Infinity), got -1.",
    ],
    ["close", { drain: 5 }, 'close: "drain" is not a known option (known: drainMs), did you mean "drainMs"?'],
    ["close", { drainMs: -1 }, "close, /drainMs: expected a number in [0, Infinity), got -1."],
    [
      "machineReport",
      { onnxruntimepath: "x" },
      'machineReport: "onnxruntimepath" is not a known option (known: onnxruntimePath, cudaProviderPath, cudaLibraryPath), did you mean "onnxruntimePath"?',
    ],
  ])("of %s, %o, is named", async (call, options, message) => {
    expect((await refusal(call, options)).message).toBe(message);
  });

  it("is named with all others, each with its place", async () => {
    const { message, problems } = await refusal("run", { priority: 10, trace: 1 });
    expect(message).toBe(
      "run: the call has 2 problems:\n  - run, /priority: expected a number in [1, 9], got 10.\n" +
        "  - run, /trace: expected a boolean, got 1.",
    );
    expect(problems.map(({ path }) => path)).toEqual(["/priority", "/trace"]);
  });

  it("of a specification is named with what was meant", async () => {
    const { Cascade } = await import("../../src/cascade/cascade.js");
    const tier = { name: "one", members: ["a.onnx"], exitwhen: { kind: "always" } };
    const error = await errorOf(() => Cascade.fromSpec({ tiers: [tier] } as never));
    expect(error.message).toMatch(
      /"exitwhen" is not a known option \(known: name, members, .*\), did you mean "exitWhen"\?/,
    );
  });
});

describe("right options", () => {
  it.each<[string, unknown]>([
    ["run", { priority: undefined, signal: undefined, deadlineMs: undefined }],
    ["run", { deadlineMs: Number.POSITIVE_INFINITY, onDeadline: "degrade", priority: 9, trace: false }],
    ["runBatch", { copy: true, rows: 1 }],
    ["counters", {}],
    ["cost", { prices: { edge: { perHour: 1 }, cloud: {} } }],
    ["cost", { reference: {} }],
    ["close", { drainMs: Number.POSITIVE_INFINITY }],
    ["close", {}],
  ])("of %s, %o, pass", async (call, options) => {
    const { cascade, native } = await openFake();
    native.flops = [[1, 2, 3], [4]];
    const answer = calls[call]?.(cascade, options as never);
    if (["run", "runBatch"].includes(call)) {
      (answer as Promise<unknown>).catch(() => {});
      cascade.counters();
      expect(native.submitted).toHaveLength(1);
      await cascade.close();
    } else await answer;
  });

  it("that are the same go to the engine as the same object", () => {
    const lowered = (options: object) => lowerCallOptions("run", options, "reject");
    const { signal } = new AbortController();
    expect(lowered({ deadlineMs: 5, signal })).toBe(lowered({ deadlineMs: 5 }));
    expect(lowered({ deadlineMs: 6 })).not.toBe(lowered({ deadlineMs: 5 }));
    for (const options of [{ priority: 1 }, { deadlineMs: 1 }, { onDeadline: "degrade" }, { trace: true }]) {
      expect(lowered({})).toMatchObject({ priority: 5, deadlineMs: 0, degradeOnDeadline: false, detail: "answers" });
      expect(lowered(options)).not.toEqual(lowered({}));
    }
  });
});

describe("a suggestion", () => {
  const known = ["signal", "deadlineMs", "onDeadline", "priority", "trace"];

  it.each([
    ["Priority", "priority"],
    ["pirority", "priority"],
    ["deadline", "deadlineMs"],
    ["timeoutMs", undefined],
    ["x", undefined],
    ["", undefined],
  ])("for %j is %s", (written, meant) => {
    expect(suggestion(written, known)).toBe(meant === undefined ? "" : `, did you mean "${meant}"?`);
  });
});
