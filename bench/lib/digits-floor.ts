/** The C++ floor of a cascade: its sessions with the rows that each tier gets, and nothing around them. */
import type { CascadeSpec } from "./cascade-spec.js";
import { digitsSpec } from "./digits.js";
import type { Contestant } from "./measure.js";
import { type Floor, type FloorTier, nativeBench, runtimePaths } from "./native.js";
import type { Cascade } from "./quorate.js";

export interface FloorContestant extends Contestant {
  close(): void;
}

export interface FloorShape {
  readonly batchRows: number;
  /** 0: one per core. @default 0 */
  readonly threads?: number;
  /** @default as many as give some thousand rows: the way to the threads and back must not count */
  readonly passes?: number | undefined;
}

/** The tiers of a cascade with the rows that reach them, from the counters of one `runBatch`. */
export async function tiersOf(
  cascade: Cascade,
  rows: Float32Array,
  spec: CascadeSpec = digitsSpec(),
): Promise<FloorTier[]> {
  const since = cascade.counters();
  await cascade.runBatch(rows);
  const { tiers } = cascade.counters({ since });
  return spec.tiers
    .map(({ members }, t) => ({ members, rows: tiers[t]?.entered ?? 0 }))
    .filter((tier) => tier.rows > 0);
}

export function floorOf(name: string, tiers: readonly FloorTier[], shape: FloorShape): FloorContestant {
  return contestant(name, open(tiers, shape));
}

/** The fastest of several sizes of a batch: large ones cost least per row, small ones load the threads evenly. */
export async function fastestFloor(
  tiers: readonly FloorTier[],
  batchRows: readonly number[],
  threads: number,
  passes?: number,
): Promise<FloorContestant> {
  let fastest: { readonly floor: Floor; readonly ms: number } | undefined;
  for (const size of new Set(batchRows)) {
    const floor = open(tiers, { batchRows: size, threads, passes });
    const ms = await shortestMs(floor);
    if (fastest === undefined || ms < fastest.ms) {
      fastest?.floor.close();
      fastest = { floor, ms };
    } else {
      floor.close();
    }
  }
  if (fastest === undefined) throw new Error("a floor needs a size of its batches");
  return contestant("C++ floor", fastest.floor);
}

function open(tiers: readonly FloorTier[], { batchRows, threads = 0, passes }: FloorShape): Floor {
  const enough = Math.ceil(4096 / (tiers[0]?.rows ?? 1));
  return nativeBench.openFloor({ runtimePaths, tiers, threads, batchRows, passes: passes ?? enough });
}

function contestant(name: string, floor: Floor): FloorContestant {
  return { name, work: async () => (await floor.run()).rows, close: () => floor.close() };
}

/** Not the median: another process on the machine must not decide which floor is the fastest. */
async function shortestMs(floor: Floor): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) shortest = Math.min(shortest, (await floor.run()).ms);
  return shortest;
}
