// Turns the conformance vectors (JSON) into words that the native tests read without a JSON parser:
//   node vectors.mjs decisions.json.gz vectors.txt
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const [source, target] = process.argv.slice(2);
const tiers = JSON.parse(gunzipSync(readFileSync(source)).toString());
const number = (x) => ({ NaN: "nan", Infinity: "inf", "-Infinity": "-inf" })[x] ?? String(x);
const kinds = { votes: 0, score: 1, confidence: 2, margin: 3, entropy: 4, allOf: 5, anyOf: 6 };

// Postfix: kind votes-or-arity threshold, per operation.
function postfix(rule, members) {
  if (rule.rules) {
    const parts = rule.rules.flatMap((r) => postfix(r, members));
    return [...parts, `${kinds[rule.kind]} ${rule.rules.length} 0`];
  }
  if (rule.kind === "agreement") {
    return [`0 ${Math.max(1, Math.ceil(members * (rule.threshold - 1e-6)))} 0`];
  }
  if (!(rule.kind in kinds)) throw new Error(`unknown rule ${rule.kind}`);
  return [`${kinds[rule.kind]} ${rule.votes ?? 0} ${rule.threshold ?? 0}`];
}

const words = [tiers.length];
for (const tier of tiers) {
  const rows = tier.members[0].scores.length;
  const width = tier.members[0].scores[0].length;
  words.push(tier.id, tier.combine, tier.members.length, rows, width);
  for (const member of tier.members) {
    words.push(member.output, member.temperature, ...member.scores.flat().map(number));
  }
  const { label, votes, tied, valid, score, confidence, margin, entropy } = tier.expect;
  words.push(...label, ...votes, ...tied.map(Number), ...valid.map(Number));
  words.push(...[score, confidence, margin, entropy].flat().map(number));
  words.push(tier.rules.length);
  for (const { rule, exits } of tier.rules) {
    const ops = postfix(rule, tier.members.length);
    words.push(ops.length, ...ops, ...exits.map(Number));
  }
}
writeFileSync(target, words.join("\n"));
