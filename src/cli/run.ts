/** `quorate run`: answers the rows of a file with the cascade of a `cascade.json`. */
import { once } from "node:events";
import type { WriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { finished } from "node:stream/promises";
import { messageOf } from "../errors.js";
import { type Answer, Cascade, type CostReport, type RowInput } from "../index.js";
import { readRows } from "../rows/read-rows.js";
import { type Estimate, share, show } from "../statistics/intervals.js";
import { Progress, percent, print, short, table } from "./io.js";

/** Options of the command line. */
export interface RunOptions {
  readonly json?: boolean;
  /** Writes every answer as a JSON line. */
  readonly answers?: string;
}

interface Summary {
  readonly rows: number;
  readonly rowsPerSecond: number;
  readonly tiers: readonly { readonly name: string; readonly entered: number; readonly exited: number }[];
  /** null without labels in the file. */
  readonly accuracy: Estimate | null;
  readonly cost: CostReport;
}

export async function run(cascadePath: string, rowsPath: string, options: RunOptions): Promise<void> {
  const cascade = await Cascade.fromSpec(cascadePath);
  try {
    const labels: (number | undefined)[] = [];
    const source = async function* (): AsyncGenerator<RowInput> {
      for await (const row of readRows(rowsPath, cascade.inputs)) {
        labels.push(row.label);
        yield row.tensors;
      }
    };
    const output = options.answers === undefined ? undefined : await openAnswers(options.answers);
    const progress = new Progress("run");
    const start = performance.now();
    let rows = 0;
    let labelled = 0;
    let right = 0;
    for await (const answer of cascade.stream(source())) {
      progress.update(++rows);
      const label = labels[answer.index];
      delete labels[answer.index];
      if (label !== undefined) {
        labelled++;
        if (label === answer.label) right++;
      }
      if (output !== undefined) await write(output, answer);
    }
    progress.end();
    if (output !== undefined) await finished(output.end());
    const seconds = (performance.now() - start) / 1000;
    const counters = cascade.counters();
    const summary: Summary = {
      rows,
      rowsPerSecond: rows / seconds,
      tiers: counters.tiers.map(({ name, entered, exited }) => ({ name, entered, exited })),
      accuracy: labelled === 0 ? null : share(right, labelled),
      cost: await cascade.cost(),
    };
    print(options.json ?? false, summary, () => lines(summary));
  } finally {
    await cascade.close();
  }
}

function lines({ rows, rowsPerSecond, tiers, accuracy, cost }: Summary): string[] {
  return [
    ...table([
      ["tier", "entered", "exited", "share"],
      ...tiers.map((tier) => [tier.name, `${tier.entered}`, `${tier.exited}`, percent(tier.exited, rows)]),
    ]),
    "",
    `rows       ${rows}, ${short(rowsPerSecond)} rows/s`,
    ...(accuracy === null ? [] : [`accuracy   ${show(accuracy)} (95 % interval)`]),
    `FLOPs      ${short(cost.cascade.flops)}, every row at the last tier ${short(cost.reference.flops)}`,
  ];
}

async function openAnswers(path: string): Promise<WriteStream> {
  try {
    const output = (await open(path, "w")).createWriteStream();
    // Thrown by the next write, or at the end.
    return output.on("error", () => {});
  } catch (thrown) {
    throw new Error(`"${path}" cannot be written: ${messageOf(thrown)}.`);
  }
}

async function write(output: WriteStream, answer: Answer): Promise<void> {
  if (output.errored !== null) throw output.errored;
  if (output.write(`${JSON.stringify(answer)}\n`)) return;
  await once(output, "drain");
}
