import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, vi } from "vitest";

const script: string = new URL("../../scripts/lib/source-layers.mjs", import.meta.url).href;
const { checkTypeScript } = (await import(script)) as { checkTypeScript(root: string): string[] };

/** What the checker says about a src/ of these files. */
function problemsOf(files: Readonly<Record<string, string>>): string[] {
  vi.spyOn(console, "log").mockImplementation(() => {});
  const root = mkdtempSync(join(tmpdir(), "quorate-layers-"));
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, "src", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return checkTypeScript(root);
}

describe("layers of src/", () => {
  it("lets imports pass that go down", () => {
    const problems = problemsOf({
      "errors.ts": "export {};",
      "spec/check.ts": 'import "../errors.js";\nimport "../../schema/validate.js";',
      "cascade/cascade.ts": 'import type { A } from "../spec/check.js";',
      "index.ts": 'export { A } from "./cascade/cascade.js";',
      "cli/main.ts": 'import { A } from "../index.js";\nimport "../rows/csv.js";',
      "rows/csv.ts": "export {};",
    });
    expect(problems).toEqual([]);
  });

  it("refuses an import that goes up, with file and line", () => {
    const problems = problemsOf({
      "spec/check.ts": '\nimport type {\n  A,\n} from "../native/contract.js";',
      "native/contract.ts": "",
    });
    expect(problems).toEqual(["src/spec/check.ts:4: spec must not import native/contract.ts"]);
  });

  it("refuses outer folders in the core, and the core behind index.ts in outer folders", () => {
    const problems = problemsOf({
      "index.ts": 'export {} from "./cli/main.js";',
      "cascade/cascade.ts": 'import "../index.js";',
      "cli/main.ts": 'const a = await import("../native/load.js");',
      "server/rest.ts": 'import "../native/replay.js";',
      "calibrate/replay.ts": 'import "../native/replay.js";',
    });
    expect(problems).toEqual([
      "src/cascade/cascade.ts:1: cascade must not import index.ts",
      "src/cli/main.ts:1: cli must not import native/load.ts",
      "src/index.ts:1: index.ts must not import cli/main.ts",
      "src/server/rest.ts:1: server must not import native/replay.ts",
    ]);
  });

  it("refuses the generated schema outside of spec/", () => {
    expect(problemsOf({ "rows/csv.ts": 'import "../../schema/validate.js";' })).toEqual([
      "src/rows/csv.ts:1: rows must not import schema/validate.ts",
    ]);
  });

  it("refuses a folder it does not know", () => {
    expect(problemsOf({ "utils/text.ts": "" })).toEqual([
      "src/utils is no layer: give it a line in scripts/lib/source-layers.mjs",
    ]);
  });

  it("refuses files that import each other", () => {
    const problems = problemsOf({
      "spec/a.ts": 'import "./b.js";',
      "spec/b.ts": 'import type { C } from "./c.js";',
      "spec/c.ts": 'import "./a.js";',
    });
    expect(problems).toEqual(["circle: src/spec/a.ts -> src/spec/b.ts -> src/spec/c.ts -> src/spec/a.ts"]);
  });
});
