/** A program that uses quorate, bundled or traced, and run where nothing else of the package is. */
import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
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
/** Where everything is installed, and bundles are made. */
const project = mkdtempSync(join(tmpdir(), "quorate-bundles-"));
/** Where they run: no package is found from here. */
const elsewhere = mkdtempSync(join(tmpdir(), "quorate-elsewhere-"));
const installed = join(project, "node_modules", "quorate");
const prebuilt = join(installed, "prebuilds", `${process.platform}-${process.arch}.node`);
const addon = join(elsewhere, "quorate.node");
const program = join(project, "app.mjs");
let runtime = "";

/** ONNX Runtime's library in the installed onnxruntime-node. */
function findRuntime(): string {
  const bin = join(root, "node_modules/onnxruntime-node/bin");
  const folders = existsSync(bin) ? readdirSync(bin).filter((name) => name.startsWith("napi-v")) : [];
  for (const name of folders) {
    const folder = join(bin, name, process.platform, process.arch);
    const library = existsSync(folder) && readdirSync(folder).find((file) => /^(lib)?onnxruntime\./.test(file));
    if (library) return join(folder, library);
  }
  throw new Error(`no library of ONNX Runtime lies in ${bin}/napi-v*/${process.platform}/${process.arch}`);
}

beforeAll(() => {
  runtime = findRuntime();
  mkdirSync(join(installed, "prebuilds"), { recursive: true });
  for (const part of ["dist", "schema", "package.json"])
    cpSync(join(root, part), join(installed, part), { recursive: true });
  const built = process.env["QUORATE_NATIVE_PATH"] || join(root, "build/Release/quorate.node");
  for (const copy of [prebuilt, addon]) cpSync(built, copy);
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

afterAll(() => {
  for (const folder of [project, elsewhere]) rmSync(folder, { recursive: true, force: true });
});

/** What the program prints where the project is not: bundlers write its paths into what they make. */
async function run(file: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { QUORATE_NATIVE_PATH: _, QUORATE_ONNXRUNTIME_PATH: __, ...own } = process.env;
  const all = { ...own, MODEL: join(root, "examples/digits/tiny-a.onnx"), ...env };
  const away = `${project}-away`;
  renameSync(project, away);
  try {
    return (await exec(process.execPath, [file], { cwd: dirname(file), env: all })).stdout.trim();
  } finally {
    renameSync(away, project);
  }
}

/** The bundle needs both paths, and with them nothing else. */
async function expectToNeedBoth(file: string): Promise<void> {
  expect(await run(file, { QUORATE_NATIVE_PATH: addon, RUNTIME: runtime })).toMatch(/^\d$/);
  await expect(run(file, { RUNTIME: runtime })).rejects.toThrow(/set QUORATE_NATIVE_PATH/);
  await expect(run(file, { QUORATE_NATIVE_PATH: addon })).rejects.toThrow(/QUORATE_ERR_RUNTIME_NOT_FOUND/);
}

describe("a bundle starts with the paths of the addon and of ONNX Runtime, and not without", () => {
  it.each<[Format, string]>([
    ["esm", "mjs"],
    ["cjs", "cjs"],
  ])("made by esbuild as %s", async (format, ending) => {
    const outfile = join(elsewhere, format, `app.${ending}`);
    await build({ entryPoints: [program], bundle: true, platform: "node", format, outfile, logLevel: "error" });
    await expectToNeedBoth(outfile);
  });

  it("made by webpack, without an error or a warning", async () => {
    const path = join(elsewhere, "webpack");
    const stats = await new Promise<Stats | undefined>((resolve, reject) => {
      const output = { path, filename: "app.cjs" };
      webpack({ mode: "production", target: "node20", entry: program, output }, (error, result) =>
        error === null ? resolve(result) : reject(error),
      );
    });
    expect(stats?.toJson({ all: false, errors: true, warnings: true })).toMatchObject({ errors: [], warnings: [] });
    await expectToNeedBoth(join(path, "app.cjs"));
  });
});

it("what @vercel/nft traces has the addon and ONNX Runtime's library, and runs", async () => {
  const { fileList } = await nodeFileTrace([program], { base: "/", processCwd: project });
  const names = [...fileList].map((file) => basename(file));
  expect(names).toContain(basename(prebuilt));
  expect(names).toContain(basename(runtime));
  const copy = join(elsewhere, "traced");
  for (const file of fileList) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    // Links lead into the copy, as if it were another machine.
    if (lstatSync(`/${file}`).isSymbolicLink()) symlinkSync(join(copy, readlinkSync(`/${file}`)), join(copy, file));
    else cpSync(`/${file}`, join(copy, file));
  }
  expect(await run(join(copy, program), {})).toMatch(/^\d$/);
});
