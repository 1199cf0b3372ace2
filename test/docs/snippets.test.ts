/**
 * Every TypeScript and JavaScript snippet of README.md and docs/ compiles against the built package and runs in a folder that
 * holds the models and rows of examples/digits and the files of test/docs/workspace.
 */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { snippetsOf } from "./snippets.js";

const exec = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
// Inside the package, so `import "quorate"` is the package itself, by its own `exports`.
const folder = join(root, "build", "snippets");

const documents = ["README.md", ...markdownOf("docs")];
const snippets = documents
  .flatMap((file) => snippetsOf(file, readFileSync(join(root, file), "utf8")))
  .map((snippet) => ({ ...snippet, name: snippet.place.replace(/[^\w]+/g, "-") }));

describe("documentation snippets", () => {
  beforeAll(() => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, "source"), { recursive: true });
    for (const { name, language, code } of snippets)
      writeFileSync(join(folder, "source", `${name}.${language}`), `${code}export {};\n`);
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
  });

  test("README.md has some that run, and docs/ is read", () => {
    expect(snippets.filter(({ place, checkOnly }) => place.startsWith("README.md:") && !checkOnly)).not.toEqual([]);
    expect(documents).toContain(join("docs", "semantics.md"));
  });

  test("every snippet compiles", async () => {
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const problems = await exec(process.execPath, [tsc, "-p", folder], { cwd: root }).then(
      () => "",
      (error: { readonly stdout: string }) => error.stdout,
    );
    // The line in the document is the fence's line plus the line in the snippet (of a `continued` one: plus what it continues).
    expect(problems, "TypeScript's problems; build/snippets/source has the files").toBe("");
  });

  for (const { place, name, checkOnly } of snippets) {
    if (checkOnly) continue;
    test(`${place} runs`, async () => {
      const cwd = workspace(name);
      const { stderr } = await exec(process.execPath, [join(folder, "out", `${name}.js`)], { cwd, timeout: 60_000 });
      expect(stderr).toBe("");
    });
  }
});

const settings = {
  extends: "../../tsconfig.json",
  compilerOptions: {
    noEmit: false,
    outDir: "out",
    rootDir: "source",
    allowJs: true,
    checkJs: true,
    // By the package's `exports`, as users do, and not from source.
    paths: {},
    // Snippets show values they do not use further.
    noUnusedLocals: false,
    noUnusedParameters: false,
    // `await using` runs on Node 20 once compiled to this.
    target: "ES2022",
    lib: ["ES2023", "ESNext.Disposable"],
  },
  include: ["source"],
};

/** A fresh folder per snippet: what one writes, another does not see. */
function workspace(name: string): string {
  const cwd = join(folder, "work", name);
  mkdirSync(cwd, { recursive: true });
  const digits = join(root, "examples", "digits");
  for (const file of readdirSync(digits).filter((entry) => /\.(onnx|csv)$/.test(entry)))
    cpSync(join(digits, file), join(cwd, file));
  const extra = join(root, "test", "docs", "workspace");
  if (existsSync(extra)) cpSync(extra, cwd, { recursive: true });
  return cwd;
}

function markdownOf(directory: string): string[] {
  const names = readdirSync(join(root, directory), { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(directory, name))
    .sort();
}
