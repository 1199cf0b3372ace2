/**
 * The tarball of `npm run pack`, installed as a user would: in an empty folder, from scratch and by `npm ci`, without a
 * compiler on PATH. Twice: with install scripts allowed, to see that none of ours asks for node-gyp, and with scripts
 * off and onnxruntime-node beside it, to run a cascade and the demo.
 */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const exec = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly version: string;
  readonly devDependencies: Readonly<Record<string, string>>;
};
const tarball = join(root, `quorate-${manifest.version}.tgz`);
const home = mkdtempSync(join(tmpdir(), "quorate-consumer-"));
const scriptTrap = join(home, "scripts-that-ran");

beforeAll(async () => {
  if (!existsSync(tarball)) throw new Error(`${tarball} is missing; make it with: npm run pack`);
  // A PATH without a compiler: node, npm and a shell.
  const bin = join(home, "bin");
  mkdirSync(bin);
  for (const name of ["npm", "npx", "sh", "env", "uname"]) {
    const { stdout } = await exec("sh", ["-c", `command -v ${name}`]);
    symlinkSync(stdout.trim(), join(bin, name));
  }
  symlinkSync(process.execPath, join(bin, "node"));
  // npm runs every install script with this instead of a shell.
  const trap = `#!/usr/bin/env node\nrequire("node:fs").appendFileSync(${JSON.stringify(scriptTrap)}, process.argv.slice(2).join(" ") + "\\n");\n`;
  writeFileSync(join(home, "trap"), trap, { mode: 0o755 });
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A file that is copied to a user's folder. */
const consumer = (name: string): string => join(root, "test", "package", "consumer", name);

/** An empty project with these dependencies. */
function project(name: string, dependencies: Readonly<Record<string, string>>): string {
  const folder = join(home, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, private: true, type: "module", dependencies }));
  return folder;
}

async function run(cwd: string, program: string, args: readonly string[]): Promise<string> {
  // npm's own variables of the surrounding `npm run` would reach the inner npm as its configuration.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_cafile)|INIT_CWD|NODE_ENV|VITEST|QUORATE_)/i.test(name),
  );
  const env = { ...Object.fromEntries(inherited), PATH: join(home, "bin") };
  try {
    const { stdout } = await exec(join(home, "bin", program), args, { cwd, env, maxBuffer: 1 << 24 });
    return stdout;
  } catch (error) {
    const { message, stdout, stderr } = error as Error & { readonly stdout: string; readonly stderr: string };
    throw new Error(`${message}\n${stdout}\n${stderr}`);
  }
}

const quiet = ["--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];

describe("the tarball", () => {
  test("installs from scratch and by npm ci without asking for node-gyp", async () => {
    const cwd = project("scripts-on", { quorate: `file:${tarball}` });
    const trapped = [...quiet, `--script-shell=${join(home, "trap")}`, "--foreground-scripts"];
    await run(cwd, "npm", ["install", ...trapped]);
    rmSync(join(cwd, "node_modules"), { recursive: true });
    await run(cwd, "npm", ["ci", ...trapped]);
    expect(existsSync(scriptTrap) ? readFileSync(scriptTrap, "utf8") : "").toBe("");
    const installed = join(cwd, "node_modules", "quorate");
    expect(existsSync(join(installed, "binding.gyp"))).toBe(false);
    expect(existsSync(join(installed, "build"))).toBe(false);
    const { scripts = {} } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as {
      readonly scripts?: Readonly<Record<string, string>>;
    };
    expect(Object.keys(scripts).filter((name) => /^(pre|post)?(install|prepare)$/.test(name))).toEqual([]);
  });

  test("would not go unnoticed with a binding.gyp", async () => {
    const bad = project("bad", {});
    writeFileSync(join(bad, "package.json"), JSON.stringify({ name: "bad", version: "1.0.0" }));
    writeFileSync(join(bad, "binding.gyp"), '{ "targets": [] }');
    await run(bad, "npm", ["pack", "--silent"]);
    const cwd = project("uses-bad", { bad: "file:../bad/bad-1.0.0.tgz" });
    await run(cwd, "npm", ["install", ...quiet, `--script-shell=${join(home, "trap")}`]);
    expect(readFileSync(scriptTrap, "utf8")).toMatch(/node-gyp rebuild/);
    rmSync(scriptTrap);
  });

  test("says how to get ONNX Runtime when it is not there", async () => {
    const cwd = join(home, "scripts-on");
    cpSync(consumer("program.mjs"), join(cwd, "program.mjs"));
    await expect(run(cwd, "node", ["program.mjs"])).rejects.toThrow(
      /QUORATE_ERR_RUNTIME_NOT_FOUND[\s\S]*onnxruntime-node/,
    );
  });

  describe.each(["install", "ci"])("with npm %s, scripts off, and onnxruntime-node", (command) => {
    const cwd = join(home, "scripts-off");

    beforeAll(async () => {
      if (command === "install") {
        const version = manifest.devDependencies["onnxruntime-node"] ?? "latest";
        project("scripts-off", { quorate: `file:${tarball}`, "onnxruntime-node": version });
      }
      rmSync(join(cwd, "node_modules"), { recursive: true, force: true });
      await run(cwd, "npm", [command, ...quiet, "--ignore-scripts"]);
    });

    test("runs a cascade", async () => {
      cpSync(consumer("program.mjs"), join(cwd, "program.mjs"));
      const answer = JSON.parse(await run(cwd, "node", ["program.mjs"])) as Record<string, unknown>;
      expect(answer).toMatchObject({ rows: 3, one: { label: answer["expected"], valid: true } });
    });

    test("runs the demo as npx quorate demo", async () => {
      const output = await run(cwd, "npx", ["--no-install", "quorate", "demo"]);
      expect(output).toMatch(/accuracy/i);
    });
  });

  test("loads through require() and shows its types", async () => {
    const cwd = join(home, "scripts-off");
    writeFileSync(join(cwd, "common.cjs"), 'console.log(typeof require("quorate").Cascade.builder);');
    expect(await run(cwd, "node", ["common.cjs"])).toBe("function\n");
    cpSync(consumer("types.ts"), join(cwd, "types.ts"));
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022"];
    expect(await run(cwd, "node", [tsc, ...options, "types.ts"])).toBe("");
  });
});
