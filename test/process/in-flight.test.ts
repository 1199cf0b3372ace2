/** What may happen to a call's arrays, promises and cascade while its rows are on their way. */
import { describe, expect, it } from "vitest";
import { runChild } from "./child.js";

const clean = { code: 0, signal: null, stderr: "" };

/** 120,000 rows, and what each is to be answered. */
const manyRows = `
const c = await digits().build();
const expected = (await c.runBatch({ image })).label;
const many = () => { const big = new Float32Array(64 * 120000); for (let at = 0; at < big.length; at += image.length) big.set(image.subarray(0, Math.min(image.length, big.length - at)), at); return big; };
const same = (labels) => { for (let i = 0; i < labels.length; i++) check(labels[i] === expected[i % lines.length], "row " + i + " has another label"); check(labels.length === 120000, "lost rows"); };
`;

describe("an array", () => {
  it("that is transferred while the engine reads it is read to its end, for as long as it lives", async () => {
    const ended = await runChild(
      `${manyRows}
       const big = many();
       const call = c.runBatch({ image: big });
       const moved = structuredClone(big, { transfer: [big.buffer] });
       check(big.length === 0, "not transferred");
       same((await call).label);
       check(moved.length === 64 * 120000, "the new owner has lost it");
       await c.close();`,
    );
    expect(ended).toMatchObject(clean);
  });

  it("that was copied may be transferred and collected at once", async () => {
    const ended = await runChild(
      `${manyRows}
       const calls = [0, 1, 2].map(() => {
         const big = many();
         const call = c.runBatch({ image: big }, { copy: true });
         structuredClone(big, { transfer: [big.buffer] });
         return call;
       });
       gc();
       for (const call of calls) same((await call).label);
       await c.close();`,
      ["--expose-gc"],
    );
    expect(ended).toMatchObject(clean);
  });

  it("that was transferred before the call is refused", async () => {
    const ended = await runChild(
      `const c = await digits().build();
       const gone = row(0); structuredClone(gone, { transfer: [gone.buffer] });
       for (const call of [() => c.run(gone), () => c.runBatch(gone), () => c.runBatch({ image: gone }, { copy: true })])
         console.log(await call().then(() => "answered", (e) => e.code));
       await c.close();`,
    );
    expect(ended).toMatchObject({ ...clean, stdout: "QUORATE_ERR_INVALID_ARGUMENT\n".repeat(3) });
  });

  it("given to run() may be written to and transferred as soon as run() has returned", async () => {
    const ended = await runChild(
      `const c = await digits().build();
       const expected = await Promise.all(lines.map((_, i) => c.run(row(i))));
       const answers = lines.map((_, i) => {
         const one = row(i);
         const answer = c.run({ image: one });
         if (i % 2) one.fill(NaN); else structuredClone(one, { transfer: [one.buffer] });
         return answer;
       });
       for (const [i, answer] of (await Promise.all(answers)).entries()) check(answer.label === expected[i].label, "row " + i);
       await c.close();`,
    );
    expect(ended).toMatchObject(clean);
  });
});

describe("the garbage collector", () => {
  it("takes nothing that a call in flight needs", async () => {
    const ended = await runChild(
      `${manyRows}
       // Nobody holds the arrays, and of the second cascade nobody holds anything but the promises.
       const other = await (async () => { const d = await digits().build(); return [d.run(row(3)), d.runBatch({ image: many() }), d.runBatch({ image: (rows) => image.slice(0, rows.length * 64) }, { rows: 50 })]; })();
       const calls = [c.runBatch({ image: many() }), c.runBatch({ image: many() }, { copy: true }), other[1]];
       const singles = lines.map((_, i) => c.run(row(i)));
       let open = true;
       void (async () => { while (open) { gc(); await new Promise(setImmediate); } })();
       for (const call of calls) same((await call).label);
       for (const [i, single] of singles.entries()) check((await single).label === expected[i], "single row " + i);
       check((await other[0]).label === expected[3] && (await other[2]).count === 50, "the forgotten cascade");
       open = false;
       await c.close();`,
      ["--expose-gc"],
    );
    expect(ended).toMatchObject(clean);
  });
});

describe("a close that nobody waits for", () => {
  it("lets the process end, with what runs answered", async () => {
    const ended = await runChild(
      `const c = await digits().build();
       c.runBatch({ image }).then((answer) => console.log(answer.count));
       c.close();`,
    );
    expect(ended).toMatchObject({ ...clean, stdout: "597\n" });
  });

  it("leaves no rejection unhandled but those of the calls it ends", async () => {
    const ended = await runChild(
      `process.on("unhandledRejection", (error) => console.log(error.code));
       const c = await Cascade.builder().options({ warmup: false, classes: 2 }).tier("slow", { members: [fixture("slow")] }).build();
       c.run(new Float32Array(2).fill(1));
       await new Promise((r) => setTimeout(r, 50));
       c.close({ drainMs: 0 });
       c.close();`,
    );
    expect(ended).toMatchObject({ ...clean, stdout: "QUORATE_ERR_CLOSED\n" });
  });

  it("may be cut short by process.exit()", async () => {
    const ended = await runChild(
      `const c = await digits().build();
       c.runBatch({ image: new Float32Array(64 * 200000) }).catch(() => {});
       c.close();
       process.exit(5);`,
    );
    expect(ended).toMatchObject({ ...clean, code: 5 });
  });
});
