// Compares every slot of native/ort/api.h with the crate ort-sys, a listing of the same function table that is not
// ours: name, index, the result's and each parameter's type; and every enum value. Also: every slot is called by
// native/ort and has a test of its own. Slots that are newer than the listing have only that test (ort-sys
// 2.0.0-rc.12 goes further, but left one member out).
//
//     node test/native/ort/ort-sys-check.mjs          (needs cargo)
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const version = "2.0.0-rc.10";
const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");

/** The text of ort-sys' lib.rs, fetched by cargo, which checks its hash. */
function fetchListing() {
  const folder = mkdtempSync(join(tmpdir(), "quorate-ort-sys-"));
  try {
    mkdirSync(join(folder, "src"));
    writeFileSync(join(folder, "src/lib.rs"), "");
    const dependency = `ort-sys = { version = "=${version}", default-features = false }`;
    const manifest = `[package]\nname = "check"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n${dependency}\n`;
    writeFileSync(join(folder, "Cargo.toml"), manifest);
    const options = { cwd: folder, stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 26 };
    const { packages } = JSON.parse(execFileSync("cargo", ["metadata", "--format-version", "1"], options));
    const crate = packages.find(({ name }) => name === "ort-sys");
    return readFileSync(join(dirname(crate.manifest_path), "src/lib.rs"), "utf8");
  } catch (error) {
    throw error.code === "ENOENT" ? new Error("cargo is missing: apt-get install cargo") : error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// Both sides become one spelling of C: "const T *" with a blank before every star.

const rustNames = { c_char: "char", c_void: "void", c_int: "int", usize: "size_t", ortchar: "char", i64: "int64_t" };

/** `*const *mut T` -> "T * const *": C reads outwards what Rust reads inwards. */
function rustType(text) {
  const [, kind, target] = /^\*(const|mut) (.*)$/s.exec(text) ?? [];
  if (kind === undefined) return text === "OrtStatusPtr" ? "OrtStatus *" : (rustNames[text] ?? text);
  const inner = rustType(target);
  if (kind === "mut") return `${inner} *`;
  return inner.includes("*") ? `${inner} const *` : `const ${inner} *`;
}

const cType = (text) => text.replace(/\*/g, " * ").replace(/\s+/g, " ").trim();

/** A list without empty items: both languages allow a trailing comma, and none has brackets inside. */
const items = (text) =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter(Boolean);

function parseListing(source) {
  const text = source
    .replace(/#\[doc\s*=\s*"(?:[^"\\]|\\.)*"\]/gs, "")
    .replace(/\/\/[^\n]*/g, "")
    .replaceAll("core::ffi::", "");
  const table = /pub struct OrtApi \{(.*?)\n\}/s.exec(text)[1];
  if (/#\[cfg/.test(table)) throw new Error("the listing has conditional members: indices are not what they seem");
  // A member that takes a function, or is none, has no signature here; it is never one of ours.
  const signature = /^(?:Option<\s*)?unsafe extern "system" fn\(([^()]*)\)(?:\s*->\s*([^,>]+))?/;
  const slots = [...table.matchAll(/pub (\w+):\s*/g)].map(({ 0: head, 1: name, index }) => {
    const [, parameters, result] = signature.exec(table.slice(index + head.length)) ?? [];
    const types = items(parameters ?? "").map((item) => rustType(item.replace(/^\w+:\s*/, "")));
    return { name, signature: `${result ? rustType(result.trim()) : "void"} (${types.join(", ")})` };
  });
  return { slots, enums: parseEnums(text, /pub enum (\w+) \{([^}]*)\}/g) };
}

/** "Type.NAME" -> value; without one it is that of the item before and one more. */
function parseEnums(text, pattern) {
  const values = new Map();
  for (const [, type, body] of text.matchAll(pattern)) {
    let next = 0;
    for (const item of items(body.replace(/#\[[^\]]*\]/g, ""))) {
      const [name, value] = item.split(/\s*=\s*/);
      next = value === undefined ? next : Number(value);
      values.set(`${type}.${name}`, next++);
    }
  }
  return values;
}

function parseOurs(header) {
  const text = header.replace(/\/\/[^\n]*/g, "");
  const pattern = /inline constexpr Slot<([^()]*)\(([^()]*)\)>\s*k(\w+)\{\s*(\d+)\s*\}/g;
  const slots = [...text.matchAll(pattern)].map(([, result, parameters, name, index]) => {
    const types = items(parameters).map((item) => cType(item.replace(/\w+$/, "")));
    return { name, index: Number(index), signature: `${cType(result)} (${types.join(", ")})` };
  });
  return { slots, enums: parseEnums(text, /enum (\w+) : int \{([^}]*)\}/g) };
}

/** Slots of versions that the listing ends before. */
function newer(ours, theirs) {
  return ours.slots.filter(
    ({ name, index }) => index >= theirs.slots.length && !theirs.slots.some((s) => s.name === name),
  );
}

function compare(ours, theirs) {
  const problems = [];
  const unlisted = newer(ours, theirs);
  for (const { name, index, signature } of ours.slots.filter((slot) => !unlisted.includes(slot))) {
    const other = theirs.slots[index];
    if (other?.name !== name) problems.push(`${name} is not slot ${index}: that is ${other?.name}`);
    else if (other.signature !== signature)
      problems.push(`${name}:\n    ours   ${signature}\n    theirs ${other.signature}`);
  }
  for (const [name, value] of ours.enums) {
    if (theirs.enums.get(name) !== value) problems.push(`${name} is ${theirs.enums.get(name)}, not ${value}`);
  }
  return problems;
}

/** The text of all files below a folder whose names fit. */
function textOf(folder, pattern) {
  const names = readdirSync(join(root, folder), { recursive: true }).filter((name) => pattern.test(name));
  return names.map((name) => readFileSync(join(root, folder, name), "utf8")).join("\n");
}

/** Slots that nothing calls, and slots without a test named after them. */
function unused({ slots }) {
  const code = textOf("native/ort", /(?<!^api)\.(h|cc)$/);
  const tests = textOf("test/native/ort", /^api_slots.*_test\.cc$/);
  return slots.flatMap(({ name }) => [
    ...(new RegExp(`slot::k${name}\\b`).test(code) ? [] : [`${name} is declared but never called`]),
    ...(new RegExp(`TEST_F\\(ApiSlots\\w*, ${name}\\)`).test(tests) ? [] : [`${name} has no test of its own`]),
  ]);
}

/** Changes of api.h that the comparison must find. */
const faults = [
  ["an index", "kBindInput{136}", "kBindInput{137}"],
  ["a name", "kBindInput{136}", "kBindOutput{136}"],
  ["a parameter's type", "int intra_op_num_threads", "size_t intra_op_num_threads"],
  ["a const", "const OrtEnv* env)", "OrtEnv* env)"],
  ["a missing parameter", "size_t index, OrtAllocator* allocator", "OrtAllocator* allocator"],
  ["a result", "Slot<void(OrtValue* input)>", "Slot<OrtStatus*(OrtValue* input)>"],
  ["an enum value", "ORT_ENABLE_ALL = 99", "ORT_ENABLE_ALL = 98"],
];

const header = readFileSync(join(root, "native/ort/api.h"), "utf8");
const ours = parseOurs(header);
const theirs = parseListing(fetchListing());
const declared = header.match(/inline constexpr Slot</g).length;
const problems = [...compare(ours, theirs), ...unused(ours)];
if (ours.slots.length !== declared || declared < 40)
  problems.push(`read ${ours.slots.length} of ${declared} slots of api.h`);
if (theirs.slots.length < 280) problems.push(`read only ${theirs.slots.length} slots of ort-sys`);
for (const [what, from, to] of faults) {
  if (!header.includes(from)) problems.push(`the planted fault "${what}" no longer fits api.h`);
  const found = compare(parseOurs(header.replace(from, to)), theirs);
  if (found.length === 0) problems.push(`the check does not see a wrong ${what}`);
}
if (problems.length > 0) {
  console.error(`native/ort/api.h against ort-sys ${version}:\n  ${problems.join("\n  ")}`);
  process.exit(1);
}
const unlisted = newer(ours, theirs).length;
console.log(
  `api.h: ${ours.slots.length - unlisted} slots and ${ours.enums.size} enum values agree with ort-sys ${version}; ` +
    `${unlisted} slots are newer than that`,
);
