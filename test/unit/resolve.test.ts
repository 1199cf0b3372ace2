import { describe, expect, it } from "vitest";
import { resolveSpec } from "../../src/spec/resolve.js";

const run = async (): Promise<Int32Array> => new Int32Array(1);

/** Paths to every field that is undefined. */
function holes(value: unknown, path = ""): string[] {
  if (value === undefined) return [path];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => holes(field, `${path}/${name}`));
}

describe("a resolved specification", () => {
  it("has every field of a cascade that says nothing", () => {
    const given = { tiers: [{ name: "only", members: ["/m/a.onnx"] }] };
    expect(resolveSpec(given)).toEqual({
      given,
      classes: null,
      classNames: null,
      shapes: {},
      tensors: {},
      constants: {},
      measures: ["score", "confidence", "margin"],
      onnxruntimePath: null,
      cudaProviderPath: null,
      cudaLibraryPath: null,
      maxRowsInFlight: 65_536,
      maxBytesInFlight: 2 ** 28,
      deviceQueueBytes: 2 ** 26,
      spinMs: 0,
      warmup: true,
      tiers: [
        {
          name: "only",
          members: [
            {
              kind: "model",
              model: "/m/a.onnx",
              name: "a.onnx",
              inputs: {},
              constants: {},
              output: null,
              outputName: null,
              temperature: 1,
              classes: null,
              labels: null,
              flopsPerRow: null,
            },
          ],
          exitWhen: null,
          combine: "vote",
          evidence: "tier",
          execution: "concurrent",
          device: "auto",
          cuda: { graphs: false, tf32: false, memoryLimitBytes: null, convSearch: "heuristic" },
          batch: { maxRows: 256, maxDelayMs: 0, maxQueueRows: 65_536, maxInFlight: null },
          price: { perHour: 0, perRow: 0, perGigabyte: 0 },
          onOverload: null,
          onFailure: "reject",
        },
      ],
    });
  });

  it("has the fields of a function member too, its tensors as one list", () => {
    const declared = { x: { type: "float32", rowShape: [2] } } as const;
    const members = [run, { run, name: "api", inputs: ["x"] }, { run, inputs: declared, price: { perCall: 1 } }];
    const [bare, named, typed] = resolveSpec({ classes: 2, tiers: [{ name: "api", members }] }).tiers[0].members;
    expect(bare).toEqual({
      kind: "function",
      run,
      name: "function 1",
      inputs: [],
      output: "label",
      temperature: 1,
      classes: null,
      labels: null,
      timeoutMs: 30_000,
      splitOnFailure: false,
      price: { perCall: 0, perRow: 0 },
      flopsPerRow: null,
    });
    expect(named).toMatchObject({ name: "api", inputs: [{ name: "x", type: null, rowShape: null }] });
    expect(typed).toMatchObject({ inputs: [{ name: "x", ...declared.x }], price: { perCall: 1, perRow: 0 } });
  });

  it("keeps what the user says, and counts the classes", () => {
    const spec = resolveSpec({
      classes: ["cat", "dog"],
      measures: [],
      tiers: [{ name: "only", members: [new Uint8Array(1)], batch: { maxRows: 8 }, price: { perRow: 2 } }],
    });
    expect(spec).toMatchObject({ classes: 2, classNames: ["cat", "dog"], measures: [] });
    expect(spec.tiers[0]).toMatchObject({
      members: [{ name: "model 1" }],
      batch: { maxRows: 8, maxQueueRows: 65_536 },
      price: { perRow: 2, perHour: 0 },
    });
  });

  it("takes undefined for nothing said", () => {
    const tier = {
      name: "only",
      members: [{ model: "a", temperature: undefined }],
      combine: undefined,
      cuda: undefined,
    };
    const spec = resolveSpec({ warmup: undefined, tiers: [tier] } as never);
    expect(holes({ ...spec, given: null })).toEqual([]);
    expect(spec.tiers[0].combine).toBe("vote");
  });
});
