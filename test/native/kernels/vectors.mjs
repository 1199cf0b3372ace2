// Turns the conformance vectors (JSON) into bytes that the native tests read without a JSON parser, in a fifth of
// the space of its text. Little-endian: texts are a length and bytes; scores float32, which they all are exactly.
//   node vectors.mjs decisions.json.gz vectors.bin
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const [source, target] = process.argv.slice(2);
const tiers = JSON.parse(gunzipSync(readFileSync(source)).toString());
const kinds = { votes: 0, score: 1, confidence: 2, margin: 3, entropy: 4, allOf: 5, anyOf: 6 };
const parts = [];

function count(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  parts.push(bytes);
}
function text(value) {
  count(Buffer.byteLength(value));
  parts.push(Buffer.from(value));
}
const numbers = (values) => values.map(Number); // "NaN", "Infinity" and "-Infinity" are strings.
function floats(values) {
  const scores = Float32Array.from(numbers(values));
  if (scores.some((score, i) => !Object.is(score, Number(values[i])))) throw new Error("a score is no float32");
  parts.push(Buffer.from(scores.buffer));
}
const doubles = (values) => parts.push(Buffer.from(Float64Array.from(numbers(values)).buffer));
const bytes = (values) => parts.push(Buffer.from(Int8Array.from(numbers(values)).buffer));

// Postfix: kind, votes or arity, threshold.
function postfix(rule, members) {
  if (rule.rules) {
    return [...rule.rules.flatMap((r) => postfix(r, members)), [kinds[rule.kind], rule.rules.length, 0]];
  }
  if (rule.kind === "agreement") return [[0, Math.max(1, Math.ceil(members * (rule.threshold - 1e-6))), 0]];
  if (!(rule.kind in kinds)) throw new Error(`unknown rule ${rule.kind}`);
  return [[kinds[rule.kind], rule.votes ?? 0, rule.threshold ?? 0]];
}

count(tiers.length);
for (const tier of tiers) {
  text(String(tier.id));
  text(tier.combine);
  count(tier.members.length);
  count(tier.members[0].scores.length);
  count(tier.members[0].scores[0].length);
  for (const member of tier.members) {
    text(member.output);
    doubles([member.temperature]);
    floats(member.scores.flat());
  }
  const { label, votes, tied, valid, score, confidence, margin, entropy } = tier.expect;
  doubles(label);
  for (const column of [votes, tied, valid]) bytes(column);
  for (const column of [score, confidence, margin, entropy]) doubles(column);
  count(tier.rules.length);
  for (const { rule, exits } of tier.rules) {
    const ops = postfix(rule, tier.members.length);
    count(ops.length);
    for (const [kind, number, threshold] of ops) {
      count(kind);
      count(number);
      doubles([threshold]);
    }
    bytes(exits);
  }
}
writeFileSync(target, Buffer.concat(parts));
