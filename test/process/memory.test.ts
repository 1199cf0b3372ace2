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

it("takes 1e6 single rows offered at once within the admission bound, and refuses the others", async () => {
  const ended = await runChild(
    `const c = await Cascade.builder().options({ maxRowsInFlight: 1000 })
       .tier("tiny", { members: [onnx("tiny-a")] }).build();
     let answered = 0, refused = 0, other = 0;
     const one = row(0);
     for (let i = 0; i < 1e6; i += 1e4) {
       await Promise.all(Array.from({ length: 1e4 }, () => c.run(one).then(() => answered++, (e) => e.code === "QUORATE_ERR_QUEUE_FULL" ? refused++ : other++)));
     }
     check(other === 0, other + " other errors");
     check(answered + refused === 1e6, "lost rows");
     check(answered > 0 && refused > 0, "nothing was refused");
     await c.close();`,
  );
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: "" });
});
