/** docs/benchmarks-tables.md, from a result: every figure of every suite. */
import { spread, table } from "./format.js";
import { originOf, pageName } from "./report.js";
import type { Result, SuiteResult } from "./result.js";

export function tablesOf(result: Result, file: string): string {
  const { machine, versions } = result;
  return `${[
    "# Benchmarks: all figures",
    `${originOf(result, file)} What they say, and what they do not show: [${pageName}](${pageName}).`,
    table(
      ["what", "value"],
      [
        ["date", `${result.date}, ${Math.round(result.seconds / 60)} minutes`],
        ["machine", `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.platform}`],
        ["commit", versions.commit],
        ["addon", result.addon + (result.addonChangedDuringRun ? ", CHANGED during the run" : "")],
        [
          "versions",
          `Node ${versions.node}, quorate ${versions.quorate}, onnxruntime-node ${versions.onnxruntimeNode}`,
        ],
      ],
    ),
    "Each figure is the median over trials, each a process of its own, with [smallest – largest]. Ratios are taken " +
      "within a trial. CPU-seconds count every thread of the process, spinning included.",
    ...result.suites.flatMap(sectionOf),
  ].join("\n\n")}\n`;
}

function sectionOf(suite: SuiteResult): string[] {
  const metrics = [...new Set(Object.values(suite.figures).flatMap((figures) => Object.keys(figures)))];
  const rows = Object.entries(suite.figures).map(([name, figures]) => [
    name,
    ...metrics.map((metric) => {
      const value = figures[metric];
      return value === undefined ? "" : spread(value);
    }),
  ]);
  const ratios = Object.entries(suite.ratios).map(([name, value]) => [name, spread(value)]);
  return [
    `## ${suite.name}`,
    `${suite.question} ${suite.trials} trials; load average ${suite.load[0]} before, ${suite.load[1]} after.`,
    ...(rows.length > 0 ? [table(["", ...metrics], rows)] : []),
    ...(ratios.length > 0 ? [table(["ratio", "median"], ratios)] : []),
    suite.notes.map((note) => `- ${note}`).join("\n"),
  ];
}
