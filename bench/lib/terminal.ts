/** What a run prints. */
import { bound, short, spread } from "./format.js";
import type { Result, SuiteResult } from "./result.js";
import type { Summary } from "./statistics.js";

/** The suite as text. */
export function terminalReport(suite: SuiteResult): string {
  const figures = Object.entries(suite.figures).map(
    ([name, metrics]) =>
      `  ${name.padEnd(50)} ${Object.entries(metrics)
        .map(([metric, value]) => `${spread(value)} ${metric}`)
        .join("; ")}`,
  );
  const ratios = Object.entries(suite.ratios).map(
    ([name, value]) => `  ${name.padEnd(50)} ${spread(value)}${targetText(suite, name)}`,
  );
  const skipped = figures.length === 0 ? suite.notes.slice(-1).map((note) => `  ${note}`) : [];
  return [`${suite.name}: ${suite.question}`, ...figures, ...ratios, ...skipped].join("\n");
}

/** Medians of `now` over those of `before`, for figures and ratios that both have. */
export function comparison(now: Result, before: Result): string {
  const same = JSON.stringify(now.machine) === JSON.stringify(before.machine);
  const warnings = [...(same ? [] : ["ANOTHER MACHINE"]), ...(now.smoke === before.smoke ? [] : ["A SMOKE RUN"])];
  const title = `against ${before.versions.commit} of ${before.date}`;
  return [
    warnings.length === 0 ? `${title}:` : `${title} (${warnings.join(", ")}):`,
    ...now.suites.flatMap((suite) => {
      const earlier = before.suites.find(({ name }) => name === suite.name);
      if (earlier === undefined) return [`${suite.name}: not in the earlier result`];
      return [`${suite.name}:`, ...comparedFigures(suite, earlier), ...compared("", suite.ratios, earlier.ratios)];
    }),
  ].join("\n");
}

function comparedFigures(now: SuiteResult, before: SuiteResult): string[] {
  return Object.entries(now.figures).flatMap(([name, metrics]) => compared(name, metrics, before.figures[name] ?? {}));
}

type Summaries = Readonly<Record<string, Summary>>;

function compared(of: string, now: Summaries, before: Summaries): string[] {
  return Object.entries(now).flatMap(([metric, value]) => {
    const old = before[metric];
    if (old === undefined) return [];
    const apart = value.min > old.max || value.max < old.min;
    const name = (of === "" ? metric : `${of}, ${metric}`).padEnd(66);
    const change = `x ${(value.median / old.median).toFixed(3)}`.padEnd(9);
    return [`  ${name} ${change} ${short(old.median)} -> ${short(value.median)}${apart ? "" : "  (spreads overlap)"}`];
  });
}

function targetText(suite: SuiteResult, ratio: string): string {
  const target = suite.targets.find((candidate) => candidate.ratio === ratio);
  return target === undefined ? "" : `   target ${bound(target)}: ${target.reached ? "reached" : "NOT reached"}`;
}
