/** The identities of counters, for tests; no test framework, since the tests on devices use it too. */
import type { CascadeCounters, TierCounters } from "../src/index.js";

/**
 * Every counter identity that does not hold; [] when all do. The counters may be a snapshot under load or a
 * difference. When nothing is pending, more must hold, and is checked too.
 */
export function counterProblems(counters: CascadeCounters): string[] {
  const problems: string[] = [];
  const equal = (what: string, left: number, right: number): void => {
    if (left !== right) problems.push(`${what}: ${left} is not ${right}`);
  };
  equal("submitted = settled + pending", counters.submitted, counters.settled + counters.pending);
  for (const tier of counters.tiers) {
    equal(
      `tier "${tier.name}": entered = exited + deferred + failed + cancelled + expired + rejected + inFlight`,
      tier.entered,
      left(tier) + tier.inFlight,
    );
    equal(`tier "${tier.name}": batches = sum of its run times`, tier.batches, sum(tier.runTime.counts));
    for (const member of tier.members) {
      const rows = member.rowsRun + member.rowsSkipped + member.rowsReused;
      equal(
        `member "${member.name}": rows run, skipped and reused = sum of queue times`,
        rows,
        sum(tier.queueTime.counts),
      );
    }
  }
  for (const { name, busyMs, memberBusyMs } of counters.devices) {
    const shares = sum(memberBusyMs.flat().map(nanoseconds));
    equal(`device ${name}: busy time = sum of its shares, in ns`, nanoseconds(busyMs), shares);
  }
  if (counters.pending !== 0) return problems;
  for (const [t, tier] of counters.tiers.entries()) {
    equal(`tier "${tier.name}": nothing in flight`, tier.inFlight, 0);
    const before = counters.tiers[t - 1];
    if (before !== undefined)
      equal(`tier "${tier.name}": entered = deferred by "${before.name}"`, tier.entered, before.deferred);
  }
  return problems;
}

function left(tier: TierCounters): number {
  return tier.exited + tier.deferred + tier.failed + tier.cancelled + tier.expired + tier.rejected;
}

/** What the engine counted: sums of milliseconds would not be exact. */
function nanoseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1e6);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
