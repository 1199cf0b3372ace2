/** What may happen to arrays, promises and cascades while rows are on their way. */
import { setTimeout as sleep } from "node:timers/promises";
import { digits, image, row, rowCount, rowSize, slow, slowRow } from "./digits.mjs";
import { check, codeOf, collect, runCase } from "./program.mjs";

const manyRows = 120_000;

/** So many rows, the digits again and again. */
function many() {
  const big = new Float32Array(rowSize * manyRows);
  for (let at = 0; at < big.length; at += image.length) {
    big.set(image.subarray(0, Math.min(image.length, big.length - at)), at);
  }
  return big;
}

/**
 * @param {Int32Array} labels of `many()`
 * @param {Int32Array} expected of `image`
 */
function checkSame(labels, expected) {
  check(labels.length === manyRows, "lost rows");
  for (let i = 0; i < labels.length; i++) {
    check(labels[i] === expected[i % rowCount], `row ${i} has another label`);
  }
}

/** @param {Float32Array<ArrayBuffer>} array */
const transfer = (array) => structuredClone(array, { transfer: [array.buffer] });

async function transferredInFlight() {
  const cascade = await digits();
  const expected = (await cascade.runBatch({ image })).label;
  const big = many();
  const call = cascade.runBatch({ image: big });
  const moved = transfer(big);
  check(big.length === 0, "not transferred");
  checkSame((await call).label, expected);
  check(moved.length === rowSize * manyRows, "the new owner has lost it");
  await cascade.close();
}

async function transferredCopies() {
  const cascade = await digits();
  const expected = (await cascade.runBatch({ image })).label;
  const calls = [0, 1, 2].map(() => {
    const big = many();
    const call = cascade.runBatch({ image: big }, { copy: true });
    transfer(big);
    return call;
  });
  collect();
  for (const call of calls) checkSame((await call).label, expected);
  await cascade.close();
}

async function transferredBefore() {
  const cascade = await digits();
  const gone = row(0);
  transfer(gone);
  console.log(await codeOf(cascade.run(gone)));
  console.log(await codeOf(cascade.runBatch(gone)));
  console.log(await codeOf(cascade.runBatch({ image: gone }, { copy: true })));
  await cascade.close();
}

async function reusedAfterRun() {
  const cascade = await digits();
  const rows = Array.from({ length: rowCount }, (_, i) => row(i));
  const expected = await Promise.all(rows.map((one) => cascade.run(one)));
  const answers = rows.map((one, i) => {
    const answer = cascade.run({ image: one });
    if (i % 2 === 1) one.fill(Number.NaN);
    else transfer(one);
    return answer;
  });
  for (const [i, answer] of (await Promise.all(answers)).entries()) {
    check(answer.label === expected[i]?.label, `row ${i}`);
  }
  await cascade.close();
}

/** Calls of a cascade of which nobody holds anything but the promises. */
async function forgotten() {
  const cascade = await digits();
  return {
    one: cascade.run(row(3)),
    many: cascade.runBatch({ image: many() }),
    lazy: cascade.runBatch({ image: (rows) => image.slice(0, rows.length * rowSize) }, { rows: 50 }),
  };
}

async function collectedInFlight() {
  const cascade = await digits();
  const expected = (await cascade.runBatch({ image })).label;
  const other = await forgotten();
  // Nobody holds the arrays.
  const calls = [cascade.runBatch({ image: many() }), cascade.runBatch({ image: many() }, { copy: true }), other.many];
  const singles = Array.from({ length: rowCount }, (_, i) => cascade.run(row(i)));
  let open = true;
  const collecting = (async () => {
    for (; open; await new Promise(setImmediate)) collect();
  })();
  for (const call of calls) checkSame((await call).label, expected);
  for (const [i, single] of singles.entries()) check((await single).label === expected[i], `single row ${i}`);
  check((await other.one).label === expected[3], "the forgotten cascade's row");
  check((await other.lazy).count === 50, "the forgotten cascade's lazy rows");
  open = false;
  await collecting;
  await cascade.close();
}

async function closeWithoutWaiting() {
  const cascade = await digits();
  cascade.runBatch({ image }).then((answer) => console.log(answer.count));
  cascade.close();
}

async function unhandledRejections() {
  process.on("unhandledRejection", (/** @type {{ code?: string }} */ error) => console.log(error.code));
  const cascade = await slow();
  cascade.run(slowRow());
  await sleep(50);
  cascade.close({ drainMs: 0 });
  cascade.close();
}

async function exitWhileClosing() {
  const cascade = await digits();
  cascade.runBatch({ image: new Float32Array(rowSize * 200_000) }).catch(() => {});
  cascade.close();
  process.exit(5);
}

await runCase({
  "transferred-in-flight": transferredInFlight,
  "transferred-copies": transferredCopies,
  "transferred-before": transferredBefore,
  "reused-after-run": reusedAfterRun,
  "collected-in-flight": collectedInFlight,
  "close-without-waiting": closeWithoutWaiting,
  "unhandled-rejections": unhandledRejections,
  "exit-while-closing": exitWhileClosing,
});
