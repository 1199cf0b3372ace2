/** Memory over many rows. */
import { Cascade } from "quorate";
import { digits, row, rowCount, rowSize } from "./digits.mjs";
import { check, collect, onnx, runCase, until } from "./program.mjs";

/** The most that RSS may grow while rows of 256 MB and more are offered: nothing near them is kept. */
const boundBytes = 192 << 20;

/** @param {number} before */
function checkGrowth(before, now = process.memoryUsage.rss()) {
  check(now - before < boundBytes, `RSS grew by ${(now - before) >> 20} MiB`);
}

/** A cascade that admits 1,000 rows. */
const narrow = () =>
  Cascade.builder()
    .options({ maxRowsInFlight: 1000 })
    .tier("tiny", { members: [onnx("tiny-a")] })
    .build();

async function manyRows() {
  const cascade = await digits();
  const big = new Float32Array(rowSize * 20_000);
  for (let i = 0; i < 20_000; i++) big.set(row(i % rowCount), i * rowSize);
  const least = async (/** @type {number} */ calls) => {
    let rss = Number.POSITIVE_INFINITY;
    for (let i = 0; i < calls; i++) {
      await cascade.runBatch({ image: big });
      collect();
      rss = Math.min(rss, process.memoryUsage.rss());
    }
    return rss;
  };
  await least(10);
  const early = await least(10);
  await least(20);
  const late = await least(10);
  check(late - early < 8 << 20, `RSS grew by ${(late - early) >> 10} KiB over 6e5 rows`);
  await cascade.close();
}

async function singleRows() {
  const cascade = await narrow();
  const ends = { answered: 0, refused: 0, other: 0 };
  const one = row(0);
  await cascade.run(one);
  const before = process.memoryUsage.rss();
  let peak = before;
  for (let i = 0; i < 1e6; i += 1e4) {
    const calls = Array.from({ length: 1e4 }, () =>
      cascade.run(one).then(
        () => ends.answered++,
        (error) => (error.code === "QUORATE_ERR_QUEUE_FULL" ? ends.refused++ : ends.other++),
      ),
    );
    peak = Math.max(peak, process.memoryUsage.rss());
    await Promise.all(calls);
  }
  check(ends.other === 0, `${ends.other} other errors`);
  check(ends.answered + ends.refused === 1e6, "lost rows");
  check(ends.answered > 0, "nothing was answered");
  check(ends.refused > 0, "nothing was refused");
  checkGrowth(before, peak);
  await cascade.close();
}

async function oneBatch() {
  const cascade = await narrow();
  const big = new Float32Array(64e6).fill(1);
  await cascade.run(row(0));
  const before = process.memoryUsage.rss();
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 5);
  const answer = await cascade.runBatch({ image: big });
  clearInterval(timer);
  check(answer.count === 1e6 && answer.errors.length === 0, "rows without an answer");
  checkGrowth(before, Math.max(peak, process.memoryUsage.rss()));
  await cascade.close();
}

async function copies() {
  let open = () => {};
  /** @type {Promise<void>} */
  const gate = new Promise((resolve) => {
    open = resolve;
  });
  const run = async (/** @type {import("quorate").MemberBatch} */ { count }) => {
    await gate;
    return new Int32Array(count);
  };
  const cascade = await Cascade.builder()
    .options({ classes: 10, maxBytesInFlight: 16 << 20 })
    .tier("gate", { members: [{ run, inputs: { image: { type: "float32", rowShape: [rowSize] } } }] })
    .build();
  const batch = new Float32Array(rowSize << 14).fill(1); // 4 MiB
  const before = process.memoryUsage.rss();
  const calls = Array.from({ length: 500 }, () => cascade.runBatch({ image: batch }, { copy: true }));
  const after = process.memoryUsage.rss();
  open();
  const ends = await Promise.allSettled(calls);
  const answered = ends.filter((end) => end.status === "fulfilled" && end.value.count === 1 << 14);
  const refused = ends.filter((end) => end.status === "rejected" && end.reason.code === "QUORATE_ERR_QUEUE_FULL");
  check(answered.length === 4, `${answered.length} answers instead of 4`);
  check(refused.length === 496, `${refused.length} refused instead of 496`);
  checkGrowth(before, after);
  await cascade.runBatch({ image: batch }, { copy: true });
  await cascade.close();
}

/** RSS once it has stayed where it is for longer than freed memory is kept in reserve. */
async function steadyRss() {
  let [least, most] = [0, 0];
  let same = 0;
  await until(() => {
    collect();
    const now = process.memoryUsage.rss();
    [least, most] = [Math.min(least, now), Math.max(most, now)];
    if (most - least < 1 << 20) return ++same === 150; // 1.5 s.
    [least, most, same] = [now, now, 0];
    return false;
  }, 8);
  return most;
}

/** 5,000 rows of 37 kB at once: their copies go back to the system, while the cascade is open and when it has closed. */
async function burst() {
  let gate = Promise.resolve();
  const cascade = await Cascade.builder()
    .options({ classes: 2, maxRowsInFlight: 10_000 })
    .tier("wide", {
      members: [
        {
          inputs: { x: { type: "float32", rowShape: [9200] } },
          run: async ({ count }) => gate.then(() => new Int32Array(count)),
        },
      ],
      batch: { maxRows: 64, maxInFlight: 1, maxQueueRows: 10_000 },
    })
    .build();
  const one = new Float32Array(9200).fill(1);
  const rows = (/** @type {number} */ count) =>
    Promise.all(Array.from({ length: count }, () => cascade.run({ x: one })));
  await rows(1000);
  const before = await steadyRss();

  // Rows that all wait at the gate, and are answered when it opens. Returns the memory that they took.
  async function fill() {
    let open = () => {};
    gate = new Promise((resolve) => {
      open = () => resolve(undefined);
    });
    const answers = rows(5000);
    await new Promise((resolve) => setTimeout(resolve, 0)); // The rows of a turn cross at its end.
    const grown = process.memoryUsage.rss() - before;
    check(grown > 100 << 20, `the burst took ${grown >> 20} MiB only`);
    open();
    await answers;
    return grown;
  }
  async function checkGivenBack(/** @type {number} */ full, /** @type {string} */ when) {
    const grown = () => {
      collect();
      return process.memoryUsage.rss() - before;
    };
    await until(() => grown() < full / 4, 8);
    check(grown() < full / 4, `RSS stays ${grown() >> 20} MiB higher ${when}`);
  }

  await checkGivenBack(await fill(), "while the cascade is open");
  const second = await fill();
  await cascade.close();
  await checkGivenBack(second, "after close()");
}

await runCase({ "many-rows": manyRows, "single-rows": singleRows, "one-batch": oneBatch, copies, burst });
