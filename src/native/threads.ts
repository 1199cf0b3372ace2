/** How many threads compute for all cascades of the process. */
import { outOfRange, quoted } from "../errors.js";
import type { NativeAddon, NativeThreads } from "./contract.js";
import { loadAddon } from "./load.js";

const most = 1024;
const expected = `a whole number from 1 to ${most}`;

/**
 * Sets how many threads run models and rules, for every cascade and worker thread of the process; JavaScript's own
 * thread comes on top. More than there are CPUs make answers later, not sooner; fewer leave CPUs to other processes.
 * It overrides the environment variable QUORATE_THREADS, which is read when the first cascade is built; without
 * either there are as many as CPUs that the process may use, by its affinity and its container's quota.
 *
 * Before the first call of a cascade this is the size that the pool starts with. Later it takes effect at once for
 * more threads; those too many finish what they compute, so no row is lost, and leave.
 * @param threads 1 to 1024
 * @throws QuorateError QUORATE_ERR_INVALID_ARGUMENT for anything else
 */
export function setThreads(threads: number): void {
  if (!isCount(threads)) throw outOfRange(`setThreads: threads is ${quoted(threads)}, expected ${expected}.`);
  loadAddon().setThreads({ count: threads, reason: "program" });
}

/**
 * How many threads compute, or will from the first call on.
 * @throws QuorateError QUORATE_ERR_INVALID_ARGUMENT when it is for QUORATE_THREADS to say and cannot be read
 */
export function getThreads(): number {
  return decidedThreads(loadAddon()).count;
}

/** The number of threads and the reason for it. Reads QUORATE_THREADS, unless something was decided before. */
export function decidedThreads(addon: NativeAddon): NativeThreads {
  const known = addon.threads();
  const variable = process.env["QUORATE_THREADS"];
  if (known.reason === "program" || known.reason === "variable" || !variable) return known;
  const count = /^\d+$/.test(variable) ? Number(variable) : Number.NaN;
  if (!isCount(count)) throw outOfRange(`QUORATE_THREADS is ${JSON.stringify(variable)}, expected ${expected}.`);
  addon.setThreads({ count, reason: "variable" });
  return addon.threads();
}

/** "2, the CPUs that this process may run on". */
export function threadsText({ count, reason }: NativeThreads): string {
  return `${count}, ${reasons[reason]}`;
}

const reasons: Readonly<Record<NativeThreads["reason"], string>> = {
  affinity: "the CPUs that this process may run on",
  quota: "the CPU quota of this container, rounded up",
  variable: "set by QUORATE_THREADS",
  program: "set by setThreads()",
};

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most;
}
