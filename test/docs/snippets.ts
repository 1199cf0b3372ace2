/** Finds the code snippets of a Markdown file. */

export interface Snippet {
  /** File and line of the fence, as `README.md:12`. */
  readonly place: string;
  readonly language: "ts" | "js";
  readonly code: string;
  /** Only type-checked: the fence says `check-only`. */
  readonly checkOnly: boolean;
}

const fence = /^(\s*)(`{3,}|~{3,})\s*([\w-]*)(.*)$/;

/**
 * Snippets fenced as `ts`, `typescript`, `js` or `javascript`; every other language is left alone.
 * Words after the language: `continued` = goes on from the snippet before it in the file; `check-only` = needs
 * something a test has not (a GPU, a remote server), so it is type-checked and not run. A comment
 * `<!-- hidden ... -->` right before the fence holds code the reader need not see, as where the rows come from.
 * @throws Error for an unknown word or a `continued` with nothing to continue: a typo must not skip a check
 */
export function snippetsOf(file: string, text: string): Snippet[] {
  const snippets: Snippet[] = [];
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; index++) {
    const open = fence.exec(lines[index] ?? "");
    if (!open) continue;
    const [, indent = "", ticks = "", name = "", rest = ""] = open;
    const start = index + 1;
    do index++;
    while (index < lines.length && !(lines[index] ?? "").trim().startsWith(ticks));
    const language = languageOf(name);
    if (language === undefined) continue;
    const place = `${file}:${start}`;
    const words = rest.split(/\s+/).filter(Boolean);
    for (const word of words) {
      if (word !== "continued" && word !== "check-only")
        throw new Error(`${place}: unknown word "${word}" after the fence`);
    }
    const body = lines.slice(start, index).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
    const before = words.includes("continued") ? snippets.at(-1)?.code : "";
    if (before === undefined) throw new Error(`${place}: continued, but no snippet comes before it`);
    const code = [before, hiddenBefore(lines, start - 1), ...body].filter((part) => part !== "").join("\n");
    snippets.push({ place, language, code: `${code}\n`, checkOnly: words.includes("check-only") });
  }
  return snippets;
}

/** The code of a `<!-- hidden ... -->` comment that ends right before line `fenceLine`. */
function hiddenBefore(lines: readonly string[], fenceLine: number): string {
  const end = lines[fenceLine - 1]?.trim() === "" ? fenceLine - 2 : fenceLine - 1;
  if (!lines[end]?.trim().endsWith("-->")) return "";
  let start = end;
  while (start >= 0 && !lines[start]?.includes("<!--")) start--;
  const comment = lines
    .slice(Math.max(start, 0), end + 1)
    .join("\n")
    .trim();
  return /^<!-- hidden\b/.test(comment) ? comment.slice("<!-- hidden".length, -"-->".length).trim() : "";
}

function languageOf(name: string): "ts" | "js" | undefined {
  if (name === "ts" || name === "typescript") return "ts";
  if (name === "js" || name === "javascript") return "js";
  return undefined;
}
