/** What a process lives through: exits, worker threads, collection, and what it leaves behind. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runChild } from "./child.js";

const clean = { code: 0, signal: null, stderr: "" };

/** The slow fixture runs for 10 s and more: a process that waited for it would take longer than this. */
const soonerThanTheModelMs = 8_000;

describe("a process", () => {
  it("ends by itself with an open, idle cascade", async () => {
    expect(await runChild("const c = await digits().build(); await c.run(row(0));")).toMatchObject(clean);
  });

  it("ends by itself after close", async () => {
    const ended = await runChild(
      "const c = await digits().build(); const a = await c.run(row(0)); await c.close(); console.log(a.label);",
    );
    expect(ended).toMatchObject(clean);
    expect(ended.stdout.trim()).toMatch(/^\d$/);
  });

  it("stays alive while a call is pending", async () => {
    const ended = await runChild(
      `const c = await Cascade.builder().tier("slow", { exitWhen: votesAtLeast(1), members: [async ({ count }) => { await new Promise((r) => setTimeout(r, 300)); return new Int32Array(count); }] }).tier("t", { members: [onnx("tiny-a")] }).build();
       c.run(row(0)).then(() => console.log("settled"));`,
    );
    expect(ended).toMatchObject({ code: 0, stdout: "settled\n" });
  });

  it("ends at once by process.exit during a long Run", async () => {
    const ended = await runChild(
      `const c = await Cascade.builder().options({ warmup: false, classes: 2 }).tier("slow", { members: [fixture("slow")] }).build();

       c.run(new Float32Array(2).fill(1)).catch(() => {});
       setTimeout(() => { console.log("leaving"); process.exit(0); }, 500);`,
    );
    expect(ended.stdout).toBe("leaving\n");
    expect(ended.code).toBe(0);
    expect(ended.ms).toBeLessThan(soonerThanTheModelMs);
  });

  it("close without drain ends a long Run and rejects its rows with _CLOSED", async () => {
    const ended = await runChild(
      `const c = await Cascade.builder().options({ warmup: false, classes: 2 }).tier("slow", { members: [fixture("slow")] }).build();
       const pending = c.run(new Float32Array(2).fill(1)).then(() => "answered", (e) => e.code);
       await new Promise((r) => setTimeout(r, 300));
       await c.close({ drainMs: 0 });
       console.log(await pending);`,
    );
    expect(ended).toMatchObject({ ...clean, stdout: "QUORATE_ERR_CLOSED\n" });
    expect(ended.ms).toBeLessThan(soonerThanTheModelMs);
  });

  it("writes nothing to the home folder, and starts no thread that is not ours", async () => {
    const home = mkdtempSync(join(tmpdir(), "quorate-home-"));
    const ended = await runChild(
      `const before = threadCount();
       const c = await digits().build();
       await c.runBatch({ image });
       const cores = (await import("node:os")).availableParallelism();
       const extra = threadCount() - before;
       // The pool, the timer, and the thread that built the cascade while it ends.
       check(extra <= cores + 2, "threads: " + extra + " more, cores: " + cores);
       await c.close();`,
      [],
      { HOME: home, XDG_CACHE_HOME: "", XDG_DATA_HOME: "" },
    );
    const left = readdirSync(home);
    rmSync(home, { recursive: true });
    expect(ended).toMatchObject(clean);
    expect(left).toEqual([]);
  });

  it("survives 1,000 builds and closes with bounded memory", async () => {
    const ended = await runChild(
      `const cycle = async () => { const c = await digits().build(); await c.run(row(1)); await c.close(); };
       // The smallest RSS of 250 cycles: allocators give memory back when it suits them.
       const window = async () => { let least = Infinity; for (let i = 1; i <= 250; i++) { await cycle(); if (i % 25 === 0) { gc(); least = Math.min(least, process.memoryUsage.rss()); } } return least; };
       // Threads that take turns spread over the allocator's arenas until all of them are in use: that growth
       // ends, at the latest after 3,000 cycles. A leak does not: it shows in every window.
       let last = await window(), growth = [];
       do {
         const now = await window();
         growth.push((now - last) / 1024 / 250);
         last = now;
       } while (growth.length < 3 || (growth.length < 11 && growth.every((kib) => kib >= 20)));
       check(growth.some((kib) => kib < 20), "RSS grows by so many KiB per cycle: " + growth.map((kib) => kib.toFixed(1)));`,
      ["--expose-gc"],
    );
    expect(ended).toMatchObject(clean);
  });

  it("lives when cascades are dropped without close, and collects them", async () => {
    const ended = await runChild(
      `let collected = 0;
       const registry = new FinalizationRegistry(() => collected++);
       for (let i = 0; i < 20; i++) { const c = await digits().build(); registry.register(c, i); await c.run(row(i)); }
       for (let i = 0; i < 2000 && collected < 15; i++) { gc(); await new Promise((r) => setTimeout(r, 10)); }
       check(collected >= 15, collected + " of 20 were collected");`,
      ["--expose-gc"],
    );
    expect(ended).toMatchObject(clean);
  });

  it("lives when a worker is terminated in the middle of a batch, and others go on", async () => {
    const ended = await runChild(
      `const body = \`import { Cascade, agreementAtLeast } from "file://\${root}dist/index.js";
         const onnx = (n) => "\${root}examples/digits/" + n + ".onnx";
         const c = await Cascade.builder().tier("t", { members: [onnx("large")] }).build();
         const { parentPort } = await import("node:worker_threads");
         parentPort.postMessage("ready");
         const big = new Float32Array(64 * 200000);
         await c.runBatch({ image: big });
         parentPort.postMessage("done");\`;
       const c = await digits().build();
       const expected = (await c.run(row(5))).label;
       for (let i = 0; i < 4; i++) {
         const worker = new threads.Worker(new URL("data:text/javascript," + encodeURIComponent(body)));
         await new Promise((resolve, reject) => { worker.once("message", resolve); worker.once("error", reject); });
         await new Promise((r) => setTimeout(r, 30));
         await worker.terminate();
         check((await c.run(row(5))).label === expected, "another label after the worker died");
       }
       await c.close();`,
    );
    expect(ended).toMatchObject(clean);
  });

  it.each(["before", "after"])("works with onnxruntime-node loaded %s", async (when) => {
    const load = `const ort = require("onnxruntime-node"); const session = await ort.InferenceSession.create(onnx("tiny-a"));`;
    const ended = await runChild(
      `${when === "before" ? load : ""}
       const c = await digits().build(); const label = (await c.run(row(3))).label;
       ${when === "after" ? load : ""}
       const out = await session.run({ image: new ort.Tensor("float32", row(3), [1, 64]) });
       check(out.logits.data.length === 10, "onnxruntime-node gave no logits");
       check((await c.run(row(3))).label === label, "another label");
       await c.close();`,
    );
    expect(ended).toMatchObject({ code: 0, signal: null });
  });
});

describe("a function member", () => {
  const build = (body: string): string =>
    `const c = await Cascade.builder()
       .tier("function", { members: [{ run: ${body}, name: "f", timeoutMs: 200 }], exitWhen: votesAtLeast(1), onFailure: "reject" })
       .tier("model", { members: [onnx("tiny-a")] }).build();`;

  it("that never settles fails its rows at its timeout, and the process ends", async () => {
    const ended = await runChild(
      `${build("() => new Promise(() => {})")}
       console.log(await c.run(row(0)).catch((e) => e.code)); await c.close();`,
    );
    expect(ended).toMatchObject({ ...clean, stdout: "QUORATE_ERR_MEMBER\n" });
  });

  it("that throws fails its rows only", async () => {
    const ended = await runChild(
      `${build("({ tensors, count }) => { if (tensors.image[0] === 99) throw new Error('bad row'); return new Int32Array(count).fill(4); }")}
       const bad = row(0); bad[0] = 99;
       console.log(await c.run(bad).catch((e) => e.code), (await c.run(row(1))).label); await c.close();`,
    );
    expect(ended).toMatchObject({ ...clean, stdout: "QUORATE_ERR_MEMBER 4\n" });
  });

  it("that calls its own cascade is refused", async () => {
    const ended = await runChild(
      `let inner; ${build("async ({ count }) => { inner = await c.run(row(0)).catch((e) => e.code); return new Int32Array(count); }")}
       await c.run(row(1)); console.log(inner); await c.close();`,
    );
    expect(ended).toMatchObject({ ...clean, stdout: "QUORATE_ERR_INVALID_ARGUMENT\n" });
  });
});
