/** Unbounded input: as many rows inside as asked for, whatever the cascade's bounds. */
import { expect, it } from "vitest";
import { Cascade, type StreamOptions } from "../../src/index.js";
import { Gate } from "./gate.js";

const labelOf = (row: number): number => row % 10;

/** Labels each row by its number. */
async function open(maxRowsInFlight: number): Promise<Cascade> {
  return Cascade.builder()
    .options({ classes: 10, maxRowsInFlight })
    .tier("only", {
      members: [
        {
          name: "echo",
          inputs: { x: { type: "float32", rowShape: [1] } },
          run: ({ tensors }) => Int32Array.from(tensors["x"] as Float32Array, labelOf),
        },
      ],
      batch: { maxRows: 16 },
    })
    .build();
}

/** A source that counts what was read of it. */
class Source {
  read = 0;
  returned = 0;
  async *rows(count: number): AsyncGenerator<{ x: Float32Array }, void> {
    try {
      for (; this.read < count; ) yield { x: Float32Array.of(this.read++) };
    } finally {
      this.returned++;
    }
  }
}

it.each<[string, StreamOptions, number]>([
  ["in order", { inFlight: 100 }, 65_536],
  ["as they finish", { inFlight: 100, ordered: false }, 65_536],
  ["in order, though fewer fit into the cascade", { inFlight: 100 }, 7],
])("answers every row %s, and reads no further ahead than asked", async (_, options, maxRowsInFlight) => {
  const cascade = await open(maxRowsInFlight);
  const source = new Source();
  const seen = new Set<number>();
  let ahead = 0;
  for await (const { label, index } of cascade.stream(source.rows(5_000), options)) {
    if (options.ordered !== false) expect(index).toBe(seen.size);
    expect(label).toBe(labelOf(index));
    seen.add(index);
    ahead = Math.max(ahead, source.read - seen.size);
  }
  expect(seen.size).toBe(5_000);
  expect(ahead).toBeLessThanOrEqual(100);
  expect(source.returned).toBe(1);
  await cascade.close();
});

it("reads nothing more while nobody takes answers", async () => {
  const cascade = await open(65_536);
  const source = new Source();
  const stream = cascade.stream(source.rows(1000), { inFlight: 5 });
  await stream.next();
  while (cascade.counters().pending > 0) await new Promise((resolve) => setImmediate(resolve));
  // One was taken out, so a sixth may have been read for it.
  expect(source.read).toBeLessThanOrEqual(6);
  await stream.return();
  expect(source.returned).toBe(1);
  await cascade.close();
});

it("cancels what is in flight when the loop is left", async () => {
  const gate = new Gate();
  const cascade = await Cascade.builder()
    .options({ classes: 10 })
    .tier("gate", { members: [gate.member(7)], batch: { maxRows: 1, maxInFlight: 2 } })
    .build();
  const source = new Source();
  const stream = cascade.stream(source.rows(100), { inFlight: 10 });
  const first = stream.next();
  await gate.until(() => gate.batches.length === 2);
  gate.open();
  await first;
  await stream.return();
  while (cascade.counters().pending > 0) await new Promise((resolve) => setImmediate(resolve));
  const { exited = 0, cancelled = 0, entered } = cascade.counters().tiers[0] ?? {};
  expect(exited + cancelled).toBe(entered);
  expect(source.returned).toBe(1);
  await cascade.close();
});

it("lets a batch through beside it, though more rows wait than fit", async () => {
  const cascade = await open(8);
  const source = new Source();
  let batch: Promise<unknown> | undefined;
  let done = false;
  for await (const { index } of cascade.stream(source.rows(1_000_000), { inFlight: 64 })) {
    if (index === 100) {
      batch = cascade.runBatch({ x: new Float32Array(200) }).then(() => {
        done = true;
      });
    }
    if (done || index === 50_000) break;
  }
  expect(done).toBe(true);
  await batch;
  await cascade.close();
});

it("ends when the cascade is closed, also where rows without an answer are left out", async () => {
  const cascade = await open(65_536);
  const failed: string[] = [];
  const answers = cascade.stream(new Source().rows(Number.POSITIVE_INFINITY), {
    onRowError: (error) => failed.push(error.code),
  });
  const reading = (async () => {
    for await (const answer of answers) if (answer.index === 100) void cascade.close();
  })();
  await expect(reading).rejects.toMatchObject({ code: "QUORATE_ERR_CLOSED" });
  expect(failed).toEqual([]);
});
