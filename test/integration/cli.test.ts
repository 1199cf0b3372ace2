/** The command line, as a program of its own: built files, exit codes, JSON. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { digits } from "./paths.js";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "quorate-cli-"));

function quorate(...args: readonly string[]): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  return spawnSync(process.execPath, [main, ...args], { encoding: "utf8", cwd: folder });
}

describe("quorate demo", () => {
  it("prints accuracy, shares and cost", () => {
    const { stdout, stderr, status } = quorate("demo");
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toMatch(/cascade +0\.9950 \[0\.\d+, 0\.\d+\]/);
    expect(stdout).toMatch(/large +41 +41 +6\.9 %/);
  });

  it("prints JSON", () => {
    const report = JSON.parse(quorate("demo", "--json").stdout);
    expect(report).toMatchObject({
      rows: 597,
      tiers: [
        { entered: 597, exited: 501 },
        { entered: 96, exited: 55 },
        { entered: 41, exited: 41 },
      ],
    });
    expect(report.flops.ratio).toBeGreaterThan(5);
  });
});

describe("quorate run", () => {
  it("says in a sentence that answers cannot be written", () => {
    const { stderr, status } = quorate(
      "run",
      digits("cascade.json"),
      digits("test.csv"),
      "--answers",
      join(folder, "none", "a.jsonl"),
    );
    expect(stderr).toMatch(/^quorate: ".*a\.jsonl" cannot be written: ENOENT[^\n]*\n$/);
    expect(status).toBe(1);
  });

  it("answers a file with a cascade.json", () => {
    const answers = join(folder, "answers.jsonl");
    const { stdout, status } = quorate(
      "run",
      digits("cascade.json"),
      digits("test.csv"),
      "--json",
      "--answers",
      answers,
    );
    expect(status).toBe(0);
    const summary = JSON.parse(stdout);
    expect(summary.rows).toBe(597);
    expect(summary.accuracy.value.toFixed(4)).toBe("0.9950");
    const lines = readFileSync(answers, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(597);
    expect(lines[0]).toMatchObject({ index: 0, label: expect.any(Number), tier: expect.any(String) });
  });

  it.each([
    ["a missing cascade", ["none.json", digits("test.csv")], /none\.json" cannot be read/],
    ["a missing file of rows", [digits("cascade.json"), "none.csv"], /none\.csv/],
    ["a row of another width", [digits("cascade.json"), "short.csv"], /short\.csv", line 1: 2 columns, expected 64/],
    ["a bad cascade", ["bad.json", digits("test.csv")], /"tier" is not a known option/],
  ])("with %s ends with a sentence and exit code 1", (_, args, message) => {
    writeFileSync(join(folder, "short.csv"), "1,2\n");
    writeFileSync(join(folder, "bad.json"), '{"tier": [], "tiers": [{"name": "a", "members": ["a.onnx"]}]}');
    const { status, stdout, stderr } = quorate("run", ...args);
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe("quorate inspect", () => {
  it("says devices, rules in votes and FLOPs", () => {
    const { stdout, status } = quorate("inspect", digits("cascade.json"));
    expect(status).toBe(0);
    expect(stdout).toMatch(/tiny: votes >= 3 of 3 and score >= 0\.8/);
    expect(stdout).toMatch(/large\.onnx +logits +cpu/);
    expect(JSON.parse(quorate("inspect", digits("cascade.json"), "--json").stdout)).toMatchObject({ classes: 10 });
  });
});
