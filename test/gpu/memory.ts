/** Memory that models take where they run. */
import { execFileSync } from "node:child_process";
import { device } from "../../bench/lib/device.js";

const onGpu = device.startsWith("cuda");

/** What `memoryMiB` gives. */
export const measuredBy: string = onGpu
  ? "nvidia-smi, memory in use on the whole device"
  : "resident set of the process";

/** Of the device under test; on the CPU after a garbage collection (--expose-gc). */
export function memoryMiB(): number {
  if (onGpu) {
    const index = device.split(":")[1] ?? "0";
    const query = ["--query-gpu=memory.used", "--format=csv,noheader,nounits", `--id=${index}`];
    return Number(execFileSync("nvidia-smi", query, { encoding: "utf8" }));
  }
  globalThis.gc?.();
  return process.memoryUsage.rss() / 2 ** 20;
}

/** What the memory in use has grown by from the first quarter of `times` calls to the last, after as many to warm up. */
export async function growthMiB(times: number, work: () => Promise<void>): Promise<number> {
  const quarter = Math.ceil(times / 4);
  for (let i = 0; i < quarter; i++) await work();
  const before = await least(quarter, work);
  for (let i = 0; i < times - 2 * quarter; i++) await work();
  return (await least(quarter, work)) - before;
}

/** The least of some samples: what was freed may stay for a while in the hands of an allocator. */
async function least(times: number, work: () => Promise<void>): Promise<number> {
  const every = Math.ceil(times / 5);
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < times; i++) {
    await work();
    if (i % every === every - 1) least = Math.min(least, memoryMiB());
  }
  return least;
}
