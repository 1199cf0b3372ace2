/** What may happen to a call's arrays, promises and cascade while its rows are on their way. */
import { describe, expect, it } from "vitest";
import { type ChildOptions, clean, type Ended, runChild, withGc } from "./child.js";

const run = (name: string, options?: ChildOptions): Promise<Ended> =>
  runChild("process/children/in-flight", [name], options);

describe("an array", () => {
  it("that is transferred while the engine reads it is read to its end, for as long as it lives", async () => {
    expect(await run("transferred-in-flight")).toMatchObject(clean);
  });

  it("that was copied may be transferred and collected at once", async () => {
    expect(await run("transferred-copies", withGc)).toMatchObject(clean);
  });

  it("that was transferred before the call is refused", async () => {
    const stdout = "QUORATE_ERR_INVALID_ARGUMENT\n".repeat(3);
    expect(await run("transferred-before")).toMatchObject({ ...clean, stdout });
  });

  it("given to run() may be written to and transferred as soon as run() has returned", async () => {
    expect(await run("reused-after-run")).toMatchObject(clean);
  });
});

describe("the garbage collector", () => {
  it("takes nothing that a call in flight needs", async () => {
    expect(await run("collected-in-flight", withGc)).toMatchObject(clean);
  });
});

describe("a close that nobody waits for", () => {
  it("lets the process end, with what runs answered", async () => {
    expect(await run("close-without-waiting")).toMatchObject({ ...clean, stdout: "597\n" });
  });

  it("leaves no rejection unhandled but those of the calls it ends", async () => {
    expect(await run("unhandled-rejections")).toMatchObject({ ...clean, stdout: "QUORATE_ERR_CLOSED\n" });
  });

  it("may be cut short by process.exit()", async () => {
    expect(await run("exit-while-closing")).toMatchObject({ ...clean, code: 5 });
  });
});
