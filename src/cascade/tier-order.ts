/** Cheap tiers come first: a later one that costs less could answer its rows earlier. */

/** What a tier costs; null = not known. */
interface TierFlops {
  readonly name: string;
  readonly flopsPerRow: number | null;
}

export function tierOrderWarnings(tiers: readonly TierFlops[]): string[] {
  return tiers.slice(1).flatMap(({ name, flopsPerRow }, t) => {
    const before = tiers[t];
    if (before === undefined || flopsPerRow === null || before.flopsPerRow === null) return [];
    if (flopsPerRow >= before.flopsPerRow) return [];
    return [
      `tier "${name}" costs less than tier "${before.name}" before it (${flopsPerRow} FLOPs per row against ` +
        `${before.flopsPerRow}): put the cheaper one first.`,
    ];
  });
}
