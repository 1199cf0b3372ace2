import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { QuorateError, type QuorateProblem } from "../../src/errors.js";
import type { CascadeSpec, TierOptions } from "../../src/spec/options.js";
import { checkedSpec, readSpec } from "../../src/spec/read.js";
import { resolveSpec } from "../../src/spec/resolve.js";
import { allOf, scoreAtLeast, votesAtLeast } from "../../src/spec/rules.js";
import { specWarnings } from "../../src/spec/warnings.js";

const folder = mkdtempSync(join(tmpdir(), "quorate-spec-"));
for (const name of ["a", "b", "c"]) writeFileSync(join(folder, `${name}.onnx`), "");
const good = { name: "last", members: ["c.onnx"] };
const label = async (): Promise<Int32Array> => new Int32Array(1);

function problemsOf(spec: unknown): readonly QuorateProblem[] {
  try {
    checkedSpec(spec, folder);
  } catch (thrown) {
    if (thrown instanceof QuorateError) return thrown.problems;
    throw thrown;
  }
  return [];
}

/** The only problem of an early tier with these options. */
function problemOf(tier: Partial<TierOptions> | Record<string, unknown>, options: object = {}): QuorateProblem {
  const early = { name: "early", members: ["a.onnx", "b.onnx"], exitWhen: { kind: "always" }, ...tier };
  const problems = problemsOf({ ...options, tiers: [early, good] });
  expect(problems.map((p) => p.message)).toHaveLength(1);
  return problems[0] as QuorateProblem;
}

describe("a good specification", () => {
  it("gets absolute paths and stays what it was", () => {
    const exitWhen = allOf(votesAtLeast(2), scoreAtLeast(0.8));
    const { given } = checkedSpec(
      { tiers: [{ name: "early", members: ["a.onnx", { model: "b.onnx", temperature: 2 }], exitWhen }, good] },
      folder,
    );
    expect(given.tiers[0]).toEqual({
      name: "early",
      members: [join(folder, "a.onnx"), { model: join(folder, "b.onnx"), temperature: 2 }],
      exitWhen,
    });
    expect(checkedSpec(given, "/elsewhere").given).toEqual(given);
  });

  it("may hold functions, bytes and undefined fields", () => {
    const members = [new Uint8Array(4), { model: new Uint8Array(4), output: undefined }];
    expect(problemsOf({ tiers: [{ name: "one", members, exitWhen: undefined }] })).toEqual([]);
    const functions = [
      label,
      { run: label, name: "api", inputs: { x: { type: "float32", rowShape: [2] } }, price: { perCall: 1 } },
    ];
    expect(problemsOf({ classes: 3, tiers: [{ name: "api", members: functions }] })).toEqual([]);
  });

  it("may have tensors and constants whose names are those of options", () => {
    const model = {
      model: "a.onnx",
      inputs: { run: "image", model: "rules" },
      constants: { run: 1, exitWhen: [1, 2] },
    };
    expect(
      problemsOf({ classes: 2, constants: { rules: [[1, 2]] }, tiers: [{ name: "t", members: [model] }] }),
    ).toEqual([]);
  });

  it("allows one model twice with different inputs", () => {
    const members = ["a.onnx", { model: "a.onnx", inputs: { image: "flipped" } }];
    expect(problemsOf({ tiers: [{ name: "one", members }] })).toEqual([]);
  });
});

describe("CUDA options", () => {
  it("are a tier's own, and may be on any tier that is not asked to stay on the CPU", () => {
    const cuda = { graphs: true, tf32: false, memoryLimitBytes: 1, convSearch: "exhaustive" } as const;
    const spec: CascadeSpec = { tiers: [{ name: "only", members: ["a.onnx"], cuda }] };
    expect(problemsOf(spec)).toEqual([]);
    expect(specWarnings(resolveSpec(spec))).toEqual([]);
    expect(specWarnings(resolveSpec({ tiers: [{ name: "only", members: ["a.onnx"], device: "cpu", cuda }] }))).toEqual([
      'tier "only": its `cuda` options have no effect on the CPU, where its `device` places it.',
    ]);
  });

  it.each([
    [{ graphs: 1 }, "/tiers/0/cuda/graphs: expected a boolean, got 1."],
    [{ memoryLimitBytes: 0 }, "/tiers/0/cuda/memoryLimitBytes: expected a number in [1, 9007199254740991], got 0."],
    [{ memoryLimitBytes: 0.5 }, "/tiers/0/cuda/memoryLimitBytes: expected an integer, got 0.5."],
    [{ convSearch: "fast" }, '/tiers/0/cuda/convSearch: expected one of "heuristic", "exhaustive", "default"'],
    [{ fp16: true }, '/tiers/0/cuda: "fp16" is not a known option'],
    ["on", '/tiers/0/cuda: expected an object, got "on".'],
  ])("%j are refused", (cuda, message) => {
    expect(problemsOf({ tiers: [{ ...good, cuda }] })[0]).toMatchObject({
      code: "QUORATE_ERR_INVALID_ARGUMENT",
      message: expect.stringContaining(message) as string,
    });
  });
});

describe("a bad specification", () => {
  it("is refused with every problem at once, of several tiers", () => {
    const problems = problemsOf({
      classes: 1,
      tiers: [
        { name: "x", members: [], exitWhen: { kind: "score", threshold: 1.5 } },
        { name: "x", members: ["nowhere.onnx"] },
        { name: "z", members: ["a.onnx"], batch: { maxRows: "64" }, devise: "cpu" },
      ],
    });
    expect(problems.map((p) => p.message)).toEqual([
      'tier "x", /tiers/0/members: expected at least 1 item, got 0.',
      'tier "x", /tiers/0/exitWhen/threshold: scoreAtLeast: expected a number in [0, 1], got 1.5.',
      expect.stringMatching(/^tier "z", \/tiers\/2: "devise" is not a known option \(known: name, members, /),
      'tier "z", /tiers/2/batch/maxRows: expected an integer, got "64".',
      "/classes: expected a number in [2, 16777216], got 1.",
      'tiers 0 and 1 are both named "x", expected different names.',
      'tier "x" has no `exitWhen`: every tier but the last needs a rule.',
      `tier "x", /tiers/1/members/0: there is no file "${join(folder, "nowhere.onnx")}".`,
    ]);
  });

  it.each([
    [undefined, "cascade: expected an object, got undefined."],
    [[], "cascade: expected an object, got []."],
    [{}, 'cascade: "tiers" is missing.'],
    [{ tiers: [] }, "/tiers: expected at least 1 item, got 0."],
    [{ tiers: [null] }, "/tiers/0: expected an object, got null."],
    [{ tiers: [good], warmup: 1 }, "/warmup: expected a boolean, got 1."],
    [
      { tiers: [good], measures: ["votes"] },
      '/measures/0: expected one of "score", "confidence", "margin", "entropy", got "votes".',
    ],
    [{ tiers: [good], shapes: { x: [0] } }, "/shapes/x/0: expected a number in [1, Infinity), got 0."],
    [{ tiers: [good], classes: ["a", "a"] }, "/classes: items 1 and 0 are equal, expected different ones."],
  ])("%j", (spec, message) => {
    expect(problemsOf(spec).map((p) => p.message)).toEqual([message]);
  });

  it("has no tier with 65 members", () => {
    const members = Array.from({ length: 65 }, (_, i) => ({ model: "a.onnx", inputs: { x: `x${i}` } }));
    expect(problemOf({ members }).message).toContain("expected at most 64 items, got 65");
  });

  it("has no unknown rule", () => {
    const { message, path } = problemOf({ exitWhen: { kind: "scores", threshold: 1 } });
    expect(message).toMatch(/expected a rule with "kind" one of "votes", "agreement", "score", .*got "scores"/);
    expect(path).toBe("/tiers/0/exitWhen");
  });

  it("has no rule that asks for more votes than there are members", () => {
    expect(problemOf({ exitWhen: allOf(votesAtLeast(3), scoreAtLeast(0.5)) }).message).toBe(
      'tier "early": votesAtLeast(3) can never hold, expected 1 to 2, the tier\'s members.',
    );
  });

  it("has no rule with more than 32 parts", () => {
    const exitWhen = allOf(...Array.from({ length: 32 }, () => scoreAtLeast(0.5)));
    expect(problemOf({ exitWhen }).message).toContain("has 33 parts, expected at most 32");
  });

  it("has no last tier that defers when its members fail", () => {
    expect(problemsOf({ tiers: [{ ...good, onFailure: "defer" }] })).toEqual([
      {
        code: "QUORATE_ERR_INVALID_ARGUMENT",
        path: "/tiers/0/onFailure",
        message: `tier "${good.name}" is the last: there is no tier to defer to, expected onFailure "reject" or "degrade".`,
      },
    ]);
  });

  it("has no threshold that is not a number", () => {
    expect(problemOf({ exitWhen: { kind: "score", threshold: Number.NaN } }).message).toMatch(
      /scoreAtLeast: expected a number, got NaN/,
    );
  });

  it.each([0, -1, Number.POSITIVE_INFINITY])("has no temperature %d", (temperature) => {
    expect(problemOf({ members: [{ model: "a.onnx", temperature }, "b.onnx"] }).path).toBe(
      "/tiers/0/members/0/temperature",
    );
  });

  it("has no temperature on probabilities", () => {
    const members = [{ model: "a.onnx", output: "probabilities", temperature: 2 }, "b.onnx"];
    expect(problemOf({ members }).message).toBe(
      'tier "early", member "a.onnx": temperature is for logits, the output is "probabilities".',
    );
  });

  it.each([
    [{ runn: async () => new Int32Array(1) }, '"runn" is not a known option', 'did you mean "run"?'],
    [{ model: async () => new Int32Array(1), name: "api" }, '"model" is not a known option', 'did you mean "run"?'],
    [{ run: () => new Int32Array(1), timeoutMS: 5 }, '"timeoutMS" is not a known option', 'did you mean "timeoutMs"?'],
    [{ modell: "a.onnx" }, '"modell" is not a known option', 'did you mean "model"?'],
    [{ name: "api" }, '"model" is missing (or "run", for a function)', "."],
  ])("says which field of a member is unknown, and which was meant: %j", (member, start, end) => {
    const problems = problemsOf({ classes: 2, tiers: [{ ...good, members: [member] }] });
    expect(problems.filter(({ path }) => path === "/tiers/0/members/0")).toHaveLength(1);
    expect(problems[0]?.message).toContain(start);
    expect(problems[0]?.message.endsWith(end)).toBe(true);
  });

  it("has no model twice with the same inputs", () => {
    expect(problemOf({ members: ["a.onnx", { model: "./a.onnx" }] }).message).toContain(
      'members 0 and 1 are the same model, "a.onnx"',
    );
  });

  it("mixes no labels with scores", () => {
    const members = [
      { model: "a.onnx", output: "label" },
      { model: "b.onnx", output: "logits" },
    ];
    expect(problemOf({ members }).message).toContain("mixes members that give labels");
  });

  it.each([
    [{ exitWhen: scoreAtLeast(0.5) }, "the rule's score needs scores"],
    [{ combine: "mean" }, 'combine: "mean" needs scores'],
    [{ evidence: "cumulative" }, 'evidence: "cumulative" needs scores'],
  ])("asks no scores of members that give labels: %j", (tier, message) => {
    expect(problemOf({ ...tier, members: [{ model: "a.onnx", output: "label" }] }).message).toContain(message);
  });

  it("states classes when no model tells them", () => {
    const tiers = [{ name: "one", members: [{ model: "a.onnx", output: "label" }] }];
    expect(problemsOf({ tiers }).map((p) => p.message)).toEqual([
      "no member's model tells the number of classes: give the cascade `classes`.",
    ]);
    expect(problemsOf({ tiers, classes: 10 })).toEqual([]);
  });

  it("names the same classes in every member", () => {
    const members = [{ model: "a.onnx", classes: ["cat", "cow"] }];
    expect(problemOf({ members }, { classes: ["dog", "cat"] }).message).toBe(
      'tier "early", member "a.onnx": its class names are not the cascade\'s (not a class of the cascade: "cow"; missing: "dog").',
    );
    expect(problemOf({ members }).message).toContain("must be names too");
  });
});

describe("a file", () => {
  it("is the example's cascade.json", async () => {
    const { tiers } = await readSpec(join(import.meta.dirname, "../../examples/digits/cascade.json"));
    expect(tiers.map(({ name, members }) => [name, members.length])).toEqual([
      ["tiny", 3],
      ["small", 3],
      ["large", 1],
    ]);
  });

  it("has paths relative to itself", async () => {
    const path = join(folder, "cascade.json");
    writeFileSync(path, JSON.stringify({ $schema: "x", tiers: [good] }));
    expect((await readSpec(path)).given.tiers[0]?.members).toEqual([join(folder, "c.onnx")]);
  });

  it("that is missing or not JSON is refused by name", async () => {
    await expect(readSpec(join(folder, "none.json"))).rejects.toThrow(/none\.json" cannot be read: ENOENT/);
    const path = join(folder, "broken.json");
    writeFileSync(path, "{ tiers");
    await expect(readSpec(path)).rejects.toThrow(/broken\.json" is not JSON/);
  });

  it("has no functions", async () => {
    const path = join(folder, "function.json");
    writeFileSync(
      path,
      JSON.stringify({ classes: 2, tiers: [{ name: "one", members: [{ run: "function", inputs: {} }] }] }),
    );
    await expect(readSpec(path)).rejects.toThrow(/\/members\/0\/run: expected "function", got "string"/);
  });
});
