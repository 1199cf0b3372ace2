/** Several cascades and worker threads in one process: one pool, every model once. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runChild } from "./child.js";
import { writeLargeModel } from "./large-model.js";

const clean = { code: 0, signal: null, stderr: "" };

/** The pool's threads are the ones that stand behind others: nice +5. */
const poolThreads = `
const poolThreads = () => readdirSync("/proc/self/task").filter((id) => {
  try { return readFileSync("/proc/self/task/" + id + "/stat", "utf8").split(") ")[1].split(" ")[16] === "5"; } catch { return false; }
}).length;
const cores = (await import("node:os")).availableParallelism();
// A new thread takes its place behind others a moment after it has started.
const onePool = async (when) => {
  for (let i = 0; i < 1000 && poolThreads() !== cores; i++) await new Promise((r) => setTimeout(r, 10));
  check(poolThreads() === cores, poolThreads() + " threads of the pool " + when + ", cores: " + cores);
};
`;

/** A worker that answers all rows three times over and posts how often it was right. */
const worker = `
const workerBody = \`
  import { readFileSync } from "node:fs";
  import { parentPort, workerData } from "node:worker_threads";
  import { Cascade, agreementAtLeast } from "file://\${root}dist/index.js";
  const onnx = (name) => "\${root}examples/digits/" + name + ".onnx";
  const { image, expected } = workerData;
  const c = await Cascade.builder()
    .tier("tiny", { members: ["tiny-a", "tiny-b", "tiny-c"].map(onnx), exitWhen: agreementAtLeast(1) })
    .tier("small", { members: [onnx("small-a")] }).build();
  let right = 0;
  for (let pass = 0; pass < 3; pass++) {
    const [batch, ...singles] = await Promise.all([c.runBatch({ image }), ...Array.from(expected, (_, i) => c.run({ image: image.slice(i * 64, i * 64 + 64) }))]);
    for (let i = 0; i < expected.length; i++) right += (batch.label[i] === expected[i]) + (singles[i].label === expected[i]);
  }
  if (workerData.close) await c.close();
  parentPort.postMessage(right);
\`;
const start = (workerData) => new threads.Worker(new URL("data:text/javascript," + encodeURIComponent(workerBody)), { workerData });
const said = (w) => new Promise((resolve, reject) => { w.once("message", resolve); w.once("error", reject); });
const gone = (w) => new Promise((resolve) => w.once("exit", resolve));
`;

describe("worker threads", () => {
  it("answer side by side with the main thread, on one pool", async () => {
    const ended = await runChild(
      `${poolThreads}${worker}
       const c = await digits().build();
       const expected = (await c.runBatch({ image })).label;
       await onePool("with one cascade");
       const workers = [true, false, true, false].map((close) => start({ image, expected, close }));
       const ends = workers.map(gone);
       const second = await digits().build();
       const answers = await Promise.all([...workers.map(said), second.runBatch({ image }), c.runBatch({ image })]);
       await onePool("with four workers");
       for (const right of answers.slice(0, 4)) check(right === 6 * expected.length, right + " right answers");
       for (const { label } of answers.slice(4)) check(label.every((one, i) => one === expected[i]), "main thread");
       check((await Promise.all(ends)).every((code) => code === 0), "a worker did not end by itself");
       check((await c.run(row(7))).label === expected[7], "after the workers' end");
       await Promise.all([c.close(), second.close()]);`,
    );
    expect(ended).toMatchObject(clean);
  });

  it("may be all there is: the pool goes with the last and comes with the next", async () => {
    const ended = await runChild(
      `${poolThreads}${worker}
       const expected = new Int32Array(lines.length);
       for (let i = 0; i < 3; i++) {
         const w = start({ image, expected, close: i % 2 === 0 });
         const [, code] = await Promise.all([said(w), gone(w)]);
         check(code === 0, "exit code " + code);
       }`,
    );
    expect(ended).toMatchObject(clean);
  });
});

it("the timer is as urgent as JavaScript, also when a pool thread is the first to need it", async () => {
  const ended = await runChild(
    `${poolThreads}
     const slow = async ({ count }) => new Int32Array(count);
     const c = await Cascade.builder()
       .tier("tiny", { members: ["tiny-a", "tiny-b", "tiny-c"].map(onnx), exitWhen: agreementAtLeast(1) })
       .tier("slow", { members: [{ run: slow, timeoutMs: 10_000 }] }).build();
     check((await c.runBatch({ image })).tierIndex.includes(1), "no row has reached the function");
     await onePool("and no other thread");
     await c.close();`,
  );
  expect(ended).toMatchObject(clean);
});

describe("a model", () => {
  const folder = mkdtempSync(join(tmpdir(), "quorate-sharing-"));
  const model = join(folder, "large.onnx");
  beforeAll(() => writeLargeModel(model, 200_000)); // 51 MB of weights.
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is in memory once, however many cascades use it", async () => {
    const ended = await runChild(
      `const large = () => Cascade.builder().options({ warmup: false }).tier("large", { members: [${JSON.stringify(model)}] }).build();
       const rss = () => { gc(); return process.memoryUsage.rss(); };
       const cascades = [await digits().build()];
       const start = rss();
       cascades.push(await large());
       const first = rss() - start;
       for (let i = 0; i < 8; i++) cascades.push(await large());
       const others = rss() - start - first;
       check(first > 40 << 20, "the first took only " + (first >> 20) + " MiB");
       // Each of them read the file, and the allocator may hold on to some of what that took.
       check(others < 3 * first, "eight more took " + (others >> 20) + " MiB, the first " + (first >> 20));
       const [a, b] = await Promise.all(cascades.slice(1, 3).map((c) => c.run(row(0))));
       check(a.label === b.label, "another label");
       await Promise.all(cascades.map((c) => c.close()));`,
      ["--expose-gc"],
    );
    expect(ended).toMatchObject(clean);
  });
});
