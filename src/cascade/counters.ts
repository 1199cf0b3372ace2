/**
 * Cost counters: what every tier and member has done so far. Times are milliseconds, of integer nanoseconds that the
 * engine counts.
 */
import type { MemberFailure } from "../calls/answer.js";
import { shownAs, shownWhole } from "../calls/show.js";
import { invalidArgument } from "../errors.js";

/** Why a member failed. */
export interface MemberError extends MemberFailure {
  /** Rows that failed so, since the member last failed otherwise. */
  readonly count: number;
}

/** One member. Rows are member-rows. */
export interface MemberCounters {
  readonly name: string;
  readonly rowsRun: number;
  /** Not run because sequential execution stopped before this member. */
  readonly rowsSkipped: number;
  /** Not run because the same model had answered the row in an earlier tier: that answer is used again. */
  readonly rowsReused: number;
  readonly rowsFailed: number;
  /** Rows of padding, run to fill a batch of fixed size. */
  readonly rowsPadded: number;
  /** Steps along the lengths of ragged tensors (tokens), padding included; and those that were padding. */
  readonly stepsRun: number;
  readonly stepsPadded: number;
  /**
   * Of `rowsRun`: rows on which it did not fail, and gave what is no vote, such as NaN, a probability outside [0, 1] or
   * a label that is no class. Where a function abstains with -1, that is not counted.
   */
  readonly invalidVotes: number;
  /** Runs that failed are repeated in parts, to find the rows that fail: how many parts, and their rows. */
  readonly extraRuns: number;
  readonly rowsRepeated: number;
  /** Why it failed last; null: it has not. */
  readonly lastError: MemberError | null;
  /** Of a model on the CPU thread time; of a function from call to answer. */
  readonly runMs: number;
  /** Calls of a function member; models have none. */
  readonly calls: number;
  /** Bytes that a function member reported, and where it reported none of the tensors handed to it and of its replies. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Money that a function member reported, without the prices that `cost()` adds. */
  readonly reportedCost: number;
}

/**
 * A histogram of times: `counts[i]` of them are below `boundsMs[i]` and not below `boundsMs[i - 1]`. The first
 * count is of all that are shorter, the last of all that are longer. Four buckets per power of two, from 1 us to 137 s.
 */
export interface TimeHistogram {
  readonly boundsMs: readonly number[];
  readonly counts: readonly number[];
}

/** One tier; entered = exited + deferred + failed + cancelled + expired + rejected + inFlight. */
export interface TierCounters {
  readonly name: string;
  /** Rows, by how long they waited in the tier until a thread took their batch up. */
  readonly queueTime: TimeHistogram;
  /** Batches, by how long their members ran. */
  readonly runTime: TimeHistogram;
  readonly entered: number;
  readonly exited: number;
  readonly deferred: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly expired: number;
  readonly rejected: number;
  readonly inFlight: number;
  /** Of `exited`: answered without a valid vote, and degraded answers. */
  readonly invalid: number;
  readonly degraded: number;
  readonly batches: number;
  /** From a row's arrival in the tier until a thread takes its batch up. Summed over rows; the other times over batches. */
  readonly queueMs: number;
  /** Bringing rows together: into a batch on the host, and deferred rows that stay on a device. */
  readonly gatherMs: number;
  /** To a device; 0 on the host. */
  readonly uploadMs: number;
  /** From the first member's start to the last one's end. */
  readonly runMs: number;
  readonly reduceMs: number;
  /** From a device; 0 on the host. */
  readonly downloadMs: number;
  readonly scatterMs: number;
  readonly bytesToDevice: number;
  readonly bytesToHost: number;
  readonly members: readonly MemberCounters[];
}

/**
 * Busy time of a device, of batches that are over. Of "cpu": thread time of members, gathers and reductions, divided by
 * the number of threads. Of others: the time in which anything was under way.
 */
export interface DeviceCounters {
  /** "cpu", "cuda:N" or "function". */
  readonly name: string;
  readonly busyMs: number;
  /** The same time, split per [tier][member]. */
  readonly memberBusyMs: readonly (readonly number[])[];
}

/** A snapshot, or the difference of two (in which `pending` and `inFlight` may be negative). */
export interface CascadeCounters {
  /** Rows submitted and settled; submitted = settled + pending. */
  readonly submitted: number;
  readonly settled: number;
  readonly pending: number;
  readonly tiers: readonly TierCounters[];
  readonly devices: readonly DeviceCounters[];
}

/** A histogram, which `console.log` shows as its quantiles: bounds and counts of one are a hundred numbers. */
export function timeHistogram(boundsMs: readonly number[], counts: readonly number[]): TimeHistogram {
  return shownAs({ boundsMs, counts }, summaryOf);
}

/** `[120 times, p50 < 0.5 ms, p99 < 2 ms]` */
function summaryOf({ boundsMs, counts }: TimeHistogram): string {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return "[none]";
  const quantile = (share: number): string => {
    let below = 0;
    const bucket = counts.findIndex((count) => {
      below += count;
      return below >= share * total;
    });
    const bound = boundsMs[bucket];
    return bound === undefined ? `>= ${short(boundsMs.at(-1) ?? 0)} ms` : `< ${short(bound)} ms`;
  };
  return `[${total} ${total === 1 ? "time" : "times"}, p50 ${quantile(0.5)}, p99 ${quantile(0.99)}]`;
}

function short(bound: number): number {
  return Number(bound.toPrecision(3));
}

/** What happened between two snapshots of one cascade. @throws QuorateError for another cascade's snapshot */
export function countersSince(now: CascadeCounters, since: CascadeCounters): CascadeCounters {
  return shownWhole(difference(now, since) as CascadeCounters);
}

function difference(now: unknown, since: unknown, name = ""): unknown {
  if (typeof now === "number" && typeof since === "number") {
    // Times are subtracted as what they were counted in: the difference of two quotients would not be exact.
    return name.endsWith("Ms") ? milliseconds(nanoseconds(now) - nanoseconds(since)) : now - since;
  }
  if (Array.isArray(now) && Array.isArray(since)) {
    // Devices are listed once they have run something, so the later list of them may be longer.
    const same = now.length === since.length || (name === "devices" && now.length > since.length);
    if (same) return now.map((item, i) => (i < since.length ? difference(item, since[i], name) : item));
  }
  if (typeof now === "object" && now !== null && typeof since === "object" && since !== null) {
    const earlier = since as Readonly<Record<string, unknown>>;
    if (isHistogram(now)) return timeHistogram(now.boundsMs, difference(now.counts, earlier["counts"]) as number[]);
    return Object.fromEntries(
      Object.entries(now).map(([key, value]) => [
        key,
        key === "lastError" ? newer(value, earlier[key]) : difference(value, earlier[key], key),
      ]),
    );
  }
  if (now === since) return now;
  throw invalidArgument("`since` is not a snapshot of this cascade's counters.");
}

/** The failures since: null when there were none. */
function newer(now: unknown, since: unknown): MemberError | null {
  const last = now as MemberError | null;
  const before = since as MemberError | null | undefined;
  if (last === null || !before) return last;
  if (last.code !== before.code || last.message !== before.message) return last;
  return last.count === before.count ? null : { ...last, count: last.count - before.count };
}

function isHistogram(value: object): value is TimeHistogram {
  return "boundsMs" in value;
}

/** A counted time, as it is given to users. */
export function milliseconds(counted: number): number {
  return counted / 1e6;
}

/** The counted time behind milliseconds, exactly. */
function nanoseconds(given: number): number {
  return Math.round(given * 1e6);
}
