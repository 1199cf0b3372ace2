/** What people of current Node.js hand in works, or is named with what to do. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { allOf, always, Cascade, type CascadeSpec, type Member, never, type RowInput } from "../../src/index.js";
import { digits, errorOf, fixture } from "../integration/paths.js";
import { runChild } from "../process/child.js";
import { nodeVersions, notThere } from "./node-versions.js";

const home = mkdtempSync(join(tmpdir(), "quorate-natural-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const path = digits("tiny-a.onnx");
const url = pathToFileURL(path);
const bytes = readFileSync(path);
const buffer = Uint8Array.from(bytes).buffer;
const shared = new SharedArrayBuffer(bytes.length);
new Uint8Array(shared).set(bytes);

async function label(spec: CascadeSpec | string | URL): Promise<number> {
  await using cascade = await Cascade.fromSpec(spec);
  return (await cascade.run(new Float32Array(64))).label;
}
const of = (member: unknown): CascadeSpec => ({ tiers: [{ name: "t", members: [member as Member] }] });
const expected = await label(of(path));

describe("a model", () => {
  it.each<[string, unknown]>([
    ["a URL", url],
    ["a file: string", url.href],
    ["an ArrayBuffer", buffer],
    ["a SharedArrayBuffer", shared],
    ["a DataView", new DataView(buffer)],
    ["a Buffer", bytes],
  ])("may be %s, bare or as `model`", async (_, model) => {
    expect(await label(of(model))).toBe(expected);
    expect(await label(of({ model }))).toBe(expected);
    await using built = await Cascade.builder()
      .tier("t", { members: [model as Member] })
      .build();
    expect(built.tiers).toHaveLength(1);
  });

  it("by a URL has the file's name and path", async () => {
    await using cascade = await Cascade.fromSpec(of(url));
    expect(cascade.tiers[0]?.members[0]?.name).toBe("tiny-a.onnx");
    expect(cascade.spec.tiers[0]?.members).toEqual([path]);
  });

  it.each(["https://example.org/a.onnx", new URL("https://example.org/a.onnx")])("may not be %s", async (model) => {
    expect((await errorOf(() => Cascade.fromSpec(of(model)))).message).toBe(
      "https://example.org/a.onnx is no file, expected a path or a file: URL.",
    );
  });
});

it("a specification may be named by a URL or a file: string, and name models so", async () => {
  const file = join(home, "a b.json");
  writeFileSync(file, JSON.stringify(of(url.href)));
  for (const name of [pathToFileURL(file), pathToFileURL(file).href, file]) expect(await label(name)).toBe(expected);
  const none = pathToFileURL(join(home, "none.json"));
  expect((await errorOf(() => Cascade.fromSpec(none))).message).toMatch(/none\.json" cannot be read/);
});

describe("what is not called or not awaited", () => {
  const rule = async (exitWhen: unknown): Promise<string> => {
    const members = [path];
    const tiers = [
      { name: "a", members, exitWhen },
      { name: "b", members },
    ];
    return (await errorOf(() => Cascade.fromSpec({ tiers } as CascadeSpec))).message;
  };

  it.each<[string, unknown, string]>([
    ["always", always, "always is a function: call it, always()"],
    ["never in a rule", { kind: "allOf", rules: [never] }, "never is a function: call it, never()"],
    ["allOf", allOf, "allOf is a function: call it, allOf(first, second)"],
    ["a name", "always", '"always" is no rule: call always()'],
    ["another function", () => true, "a function came, expected a rule"],
    ["a list", [always()], "an array came, expected a rule: allOf(first, second) joins several"],
    ["a promise", Promise.resolve(always()), "a Promise came: await it"],
  ])("as a rule is named: %s", async (_, exitWhen, sentence) => {
    const message = await rule(exitWhen);
    expect(message).toContain(sentence);
    expect(message).toMatch(/^tier "a", \/tiers\/0\/exitWhen/);
    expect(message).not.toMatch(/problems:/);
  });

  it("is named where rules are joined", async () => {
    const wrong = [always, [always(), never()]] as unknown as ReturnType<typeof always>[];
    expect((await errorOf(() => allOf(...wrong))).message).toBe("allOf: always is a function: call it, always().");
  });

  it.each<[string, unknown, RegExp]>([
    ["a model", of(Promise.resolve(path)), /\/tiers\/0\/members\/0: a Promise came: await it/],
    ["tiers", { tiers: Promise.resolve([]) }, /\/tiers: a Promise came: await it/],
    ["everything", Promise.resolve(of(path)), /cascade: a Promise came: await it/],
  ])("as %s is named", async (_, spec, sentence) => {
    expect((await errorOf(() => Cascade.fromSpec(spec as CascadeSpec))).message).toMatch(sentence);
  });
});

describe("rows", () => {
  it.each<[string, unknown, RegExp]>([
    ["a Promise", Promise.resolve(new Float32Array(64)), /the input is Promise, .*: await it/],
    ["a Promise of a tensor", { image: Promise.resolve(1) }, /"image" is Promise, .*: await it/],
    ["an array", [1, 2], /the input is Array, .*: Float32Array\.from\(values\)/],
    ["an array as a tensor", { image: [1, 2] }, /"image" is Array, .*: Float32Array\.from\(values\)/],
    ["a buffer", { image: new ArrayBuffer(256) }, /"image" is ArrayBuffer, .*: new Float32Array\(buffer\)/],
    ["a DataView", { image: new DataView(new ArrayBuffer(256)) }, /"image" is DataView, .*: new Float32Array\(view/],
  ])("that are %s are named with what makes them right", async (_, row, sentence) => {
    await using cascade = await Cascade.fromSpec(of(path));
    expect((await errorOf(() => cascade.run(row as RowInput))).message).toMatch(sentence);
    expect((await errorOf(() => cascade.runBatch(row as RowInput))).message).toMatch(sentence);
  });

  it("of uint8 may be a Uint8ClampedArray, given or lazy", async () => {
    await using cascade = await Cascade.fromSpec(of(fixture("type-uint8")));
    const [tensor] = cascade.inputs;
    const data = Uint8Array.of(9, 3, 200, 7).slice(0, Number(tensor?.rowShape[0]));
    const clamped = Uint8ClampedArray.from(data);
    const { label: right } = await cascade.run(data);
    expect((await cascade.run(clamped)).label).toBe(right);
    expect((await cascade.runBatch(clamped)).label[0]).toBe(right);
    expect((await cascade.run({ [tensor?.name ?? ""]: () => clamped })).label).toBe(right);
  });

  it.for(nodeVersions)("of float16 may be a Float16Array where $name has it", async (version, { skip }) => {
    skip(!version.there, notThere);
    const { stdout, stderr } = await runChild("field/children/half", ["half"], { node: version.path });
    // Node.js has it since version 24.
    expect({ stdout, stderr }).toEqual({ stdout: version.major >= 24 ? "same\n" : "no Float16Array\n", stderr: "" });
  });
});
