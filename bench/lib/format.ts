/** Figures as text, for the page and the terminal. */
import type { Summary } from "./statistics.js";
import type { Target } from "./suite.js";

export const spread = ({ median, min, max }: Summary): string => `${short(median)} [${short(min)} – ${short(max)}]`;

export function short(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en-US");
  return Number(value.toPrecision(3)).toString();
}

export function bound({ atLeast, atMost }: Omit<Target, "ratio">): string {
  return atLeast === undefined ? `<= ${atMost}` : `>= ${atLeast}`;
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
