/** Memory over many rows. */
import { expect, it } from "vitest";
import { runChild } from "./child.js";

it("stays flat over 1e6 rows", async () => {
  const ended = await runChild(
    `const c = await digits().build();
     const big = new Float32Array(64 * 20000); for (let i = 0; i < 20000; i++) big.set(row(i % lines.length), i * 64);
     const least = async (calls) => { let rss = Infinity; for (let i = 0; i < calls; i++) { await c.runBatch({ image: big }); gc(); rss = Math.min(rss, process.memoryUsage.rss()); } return rss; };
     await least(10);
     const early = await least(10);
     await least(20);
     const late = await least(10);
     check(late - early < 8 << 20, "RSS grew by " + ((late - early) >> 10) + " KiB over 6e5 rows");
     await c.close();`,
    ["--expose-gc"],
  );
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: "" });
});

/** The most that RSS may grow while rows of 256 MB and more are offered: nothing near them is kept. */
const bound = 192 << 20;

it("takes 1e6 single rows offered at once within the admission bound, and refuses the others", async () => {
  const ended = await runChild(
    `const c = await Cascade.builder().options({ maxRowsInFlight: 1000 })
       .tier("tiny", { members: [onnx("tiny-a")] }).build();
     let answered = 0, refused = 0, other = 0, peak = 0;
     const one = row(0);
     await c.run(one);
     const before = process.memoryUsage.rss();
     for (let i = 0; i < 1e6; i += 1e4) {
       const calls = Array.from({ length: 1e4 }, () => c.run(one).then(() => answered++, (e) => e.code === "QUORATE_ERR_QUEUE_FULL" ? refused++ : other++));
       peak = Math.max(peak, process.memoryUsage.rss());
       await Promise.all(calls);
     }
     check(other === 0, other + " other errors");
     check(answered + refused === 1e6, "lost rows");
     check(answered > 0 && refused > 0, "nothing was refused");
     check(peak - before < ${bound}, "RSS grew by " + ((peak - before) >> 20) + " MiB");
     await c.close();`,
  );
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: "" });
});

it("keeps no second copy of 1e6 rows offered in one batch", async () => {
  const ended = await runChild(
    `const c = await Cascade.builder().options({ maxRowsInFlight: 1000 })
       .tier("tiny", { members: [onnx("tiny-a")] }).build();
     const big = new Float32Array(64e6).fill(1);
     await c.run(row(0));
     const before = process.memoryUsage.rss();
     let peak = 0;
     const timer = setInterval(() => { peak = Math.max(peak, process.memoryUsage.rss()); }, 5);
     const answer = await c.runBatch({ image: big });
     clearInterval(timer);
     peak = Math.max(peak, process.memoryUsage.rss());
     check(answer.count === 1e6 && answer.errors.length === 0, "rows without an answer");
     check(peak - before < ${bound}, "RSS grew by " + ((peak - before) >> 20) + " MiB");
     await c.close();`,
  );
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: "" });
});

it("copies as many batches as maxBytesInFlight allows, and refuses the others", async () => {
  const ended = await runChild(
    `let open; const gate = new Promise((r) => { open = r; });
     const run = async ({ count }) => { await gate; return new Int32Array(count); };
     const c = await Cascade.builder().options({ classes: 10, maxBytesInFlight: 16 << 20 })
       .tier("gate", { members: [{ run, inputs: { image: { type: "float32", rowShape: [64] } } }] }).build();
     const batch = new Float32Array(64 << 14).fill(1); // 4 MiB
     const before = process.memoryUsage.rss();
     const calls = Array.from({ length: 500 }, () => c.runBatch({ image: batch }, { copy: true }));
     const grown = process.memoryUsage.rss() - before;
     open();
     const ends = await Promise.allSettled(calls);
     check(ends.filter((e) => e.status === "fulfilled" && e.value.count === 1 << 14).length === 4, "not four answers");
     check(ends.filter((e) => e.reason?.code === "QUORATE_ERR_QUEUE_FULL").length === 496, "not 496 refused");
     check(grown < ${bound}, "RSS grew by " + (grown >> 20) + " MiB");
     await c.runBatch({ image: batch }, { copy: true });
     await c.close();`,
  );
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: "" });
});
