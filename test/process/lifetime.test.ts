/** What a process lives through: exits, worker threads, collection, and what it leaves behind. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ChildOptions, clean, type Ended, runChild, withGc } from "./child.js";

const run = (args: readonly string[], options?: ChildOptions): Promise<Ended> =>
  runChild("process/children/lifetime", args, options);

/** The slow fixture runs for 10 s and more: a process that waited for it would take longer than this. */
const soonerThanTheModelMs = 8_000;

describe("a process", () => {
  it("ends by itself with an open, idle cascade", async () => {
    expect(await run(["left-open"])).toMatchObject(clean);
  });

  it("ends by itself after close", async () => {
    const ended = await run(["closed"]);
    expect(ended).toMatchObject(clean);
    expect(ended.stdout.trim()).toMatch(/^\d$/);
  });

  it("stays alive while a call is pending", async () => {
    expect(await run(["pending-call"])).toMatchObject({ code: 0, stdout: "settled\n" });
  });

  it("ends at once by process.exit during a long Run", async () => {
    const ended = await run(["exit-during-run"]);
    expect(ended.stdout).toBe("leaving\n");
    expect(ended.code).toBe(0);
    expect(ended.ms).toBeLessThan(soonerThanTheModelMs);
  });

  it("close without drain ends a long Run and rejects its rows with _CLOSED", async () => {
    const ended = await run(["close-during-run"]);
    expect(ended).toMatchObject({ ...clean, stdout: "QUORATE_ERR_CLOSED\n" });
    expect(ended.ms).toBeLessThan(soonerThanTheModelMs);
  });

  it("writes nothing to the home folder, and starts no thread that is not ours", async () => {
    const home = mkdtempSync(join(tmpdir(), "quorate-home-"));
    const ended = await run(["threads-of-ours"], { env: { HOME: home, XDG_CACHE_HOME: "", XDG_DATA_HOME: "" } });
    const left = readdirSync(home);
    rmSync(home, { recursive: true });
    expect(ended).toMatchObject(clean);
    expect(left).toEqual([]);
  });

  it("survives 1,000 builds and closes with bounded memory", async () => {
    expect(await run(["many-builds"], withGc)).toMatchObject(clean);
  });

  it("lives when cascades are dropped without close, and collects them", async () => {
    expect(await run(["dropped-cascades"], withGc)).toMatchObject(clean);
  });

  it("lives when a worker is terminated in the middle of a batch, and others go on", async () => {
    expect(await run(["terminated-workers"])).toMatchObject(clean);
  });

  it.each(["before", "after"])("works with onnxruntime-node loaded %s", async (when) => {
    expect(await run(["beside-onnxruntime-node", when])).toMatchObject({ code: 0, signal: null });
  });
});

describe("a function member", () => {
  const runMember = (name: string): Promise<Ended> => runChild("process/children/function-members", [name]);

  it("that never settles fails its rows at its timeout, and the process ends", async () => {
    expect(await runMember("never-settles")).toMatchObject({ ...clean, stdout: "QUORATE_ERR_MEMBER\n" });
  });

  it("that throws fails its rows only", async () => {
    expect(await runMember("throws")).toMatchObject({ ...clean, stdout: "QUORATE_ERR_MEMBER 4\n" });
  });

  it("that calls its own cascade is refused", async () => {
    expect(await runMember("calls-its-own-cascade")).toMatchObject({
      ...clean,
      stdout: "QUORATE_ERR_INVALID_ARGUMENT\n",
    });
  });
});
