/** Several cascades and worker threads in one process: one pool, every model once. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ChildOptions, clean, type Ended, runChild, withGc } from "./child.js";
import { writeLargeModel } from "./large-model.js";

const run = (args: readonly string[], options?: ChildOptions): Promise<Ended> =>
  runChild("process/children/sharing", args, options);

describe("worker threads", () => {
  it("answer side by side with the main thread, on one pool", async () => {
    expect(await run(["workers-beside-main"])).toMatchObject(clean);
  });

  it("may be all there is: the pool goes with the last and comes with the next", async () => {
    expect(await run(["workers-alone"])).toMatchObject(clean);
  });
});

it("the timer is as urgent as JavaScript, also when a pool thread is the first to need it", async () => {
  expect(await run(["timer"])).toMatchObject(clean);
});

describe("a model", () => {
  const folder = mkdtempSync(join(tmpdir(), "quorate-sharing-"));
  const model = join(folder, "large.onnx");
  beforeAll(() => writeLargeModel(model, 200_000)); // 51 MB of weights.
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is in memory once, however many cascades use it", async () => {
    expect(await run(["one-model", model], withGc)).toMatchObject(clean);
  });
});
