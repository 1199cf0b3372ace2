/** A program that uses quorate, bundled or traced, and run where nothing else of the package is. */
import { execFile } from "node:child_process";
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { nodeFileTrace } from "@vercel/nft";
import { build, type Format } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import webpack, { type Stats } from "webpack";

const exec = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const project = mkdtempSync(join(tmpdir(), "quorate-bundles-"));
const installed = join(project, "node_modules", "quorate");
const addon = join(installed, "prebuilds", `${process.platform}-${process.arch}.node`);
const runtimeFolder = join(root, "node_modules/onnxruntime-node/bin/napi-v6", process.platform, process.arch);
const runtime = join(runtimeFolder, readdirSync(runtimeFolder).find((name) => /^(lib)?onnxruntime\./.test(name)) ?? "");
const program = join(project, "app.mjs");

beforeAll(() => {
  mkdirSync(join(installed, "prebuilds"), { recursive: true });
  for (const part of ["dist", "schema", "package.json"])
    cpSync(join(root, part), join(installed, part), { recursive: true });
  cpSync(process.env["QUORATE_NATIVE_PATH"] || join(root, "build/Release/quorate.node"), addon);
  for (const name of ["onnxruntime-node", "onnxruntime-common"]) {
    symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name));
  }
  // A version of its own: nobody may take it for quorate's.
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module", version: "1.2.3" }));
  writeFileSync(
    program,
    `import { Cascade } from "quorate";
    const onnxruntimePath = process.env.RUNTIME;
    const tiers = [{ name: "t", members: [process.env.MODEL] }];
    Cascade.fromSpec({ ...(onnxruntimePath ? { onnxruntimePath } : {}), tiers }).then(async (cascade) => {
      console.log((await cascade.run(new Float32Array(64))).label);
      await cascade.close();
    });`,
  );
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

/** What the program prints, in a folder that has nothing but the bundle. */
async function run(file: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { QUORATE_NATIVE_PATH: _, QUORATE_ONNXRUNTIME_PATH: __, ...own } = process.env;
  const all = { ...own, MODEL: join(root, "examples/digits/tiny-a.onnx"), ...env };
  return (await exec(process.execPath, [file], { cwd: dirname(file), env: all })).stdout.trim();
}

describe("a bundle starts with the paths of the addon and of ONNX Runtime", () => {
  it.each<[Format, string]>([
    ["esm", "mjs"],
    ["cjs", "cjs"],
  ])("made by esbuild as %s", async (format, ending) => {
    const outfile = join(project, format, `app.${ending}`);
    await build({ entryPoints: [program], bundle: true, platform: "node", format, outfile, logLevel: "error" });
    expect(await run(outfile, { QUORATE_NATIVE_PATH: addon, RUNTIME: runtime })).toMatch(/^\d$/);
    await expect(run(outfile, { RUNTIME: runtime })).rejects.toThrow(/set QUORATE_NATIVE_PATH/);
  });

  it("made by webpack, without an error or a warning", async () => {
    const path = join(project, "webpack");
    const stats = await new Promise<Stats | undefined>((resolve, reject) => {
      const output = { path, filename: "app.cjs" };
      webpack({ mode: "production", target: "node20", entry: program, output }, (error, result) =>
        error === null ? resolve(result) : reject(error),
      );
    });
    expect(stats?.toJson({ all: false, errors: true, warnings: true })).toMatchObject({ errors: [], warnings: [] });
    expect(await run(join(path, "app.cjs"), { QUORATE_NATIVE_PATH: addon, RUNTIME: runtime })).toMatch(/^\d$/);
  });
});

it("what @vercel/nft traces has the addon and ONNX Runtime's library, and runs", async () => {
  const { fileList } = await nodeFileTrace([program], { base: "/", processCwd: project });
  const names = [...fileList].map((file) => basename(file));
  expect(names).toContain(basename(addon));
  expect(names).toContain(basename(runtime));
  const copy = join(project, "traced");
  for (const file of fileList) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    // Links lead into the copy, as if it were another machine.
    if (lstatSync(`/${file}`).isSymbolicLink()) symlinkSync(join(copy, readlinkSync(`/${file}`)), join(copy, file));
    else cpSync(`/${file}`, join(copy, file));
  }
  expect(await run(join(copy, program), {})).toMatch(/^\d$/);
});
