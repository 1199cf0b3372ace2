/** Function members that misbehave. */
import { Cascade, votesAtLeast } from "quorate";
import { row } from "./digits.mjs";
import { codeOf, onnx, runCase } from "./program.mjs";

/** @param {import("quorate").MemberFunction} run */
const withFunction = (run) =>
  Cascade.builder()
    .tier("function", {
      members: [{ run, name: "f", timeoutMs: 200 }],
      exitWhen: votesAtLeast(1),
      onFailure: "reject",
    })
    .tier("model", { members: [onnx("tiny-a")] })
    .build();

async function neverSettles() {
  const cascade = await withFunction(() => new Promise(() => {}));
  console.log(await codeOf(cascade.run(row(0))));
  await cascade.close();
}

async function throws() {
  const cascade = await withFunction(({ tensors, count }) => {
    if (tensors["image"]?.[0] === 99) throw new Error("bad row");
    return new Int32Array(count).fill(4);
  });
  const bad = row(0);
  bad[0] = 99;
  console.log(await codeOf(cascade.run(bad)), (await cascade.run(row(1))).label);
  await cascade.close();
}

async function callsItsOwnCascade() {
  let inner = "";
  const cascade = await withFunction(async ({ count }) => {
    inner = await codeOf(cascade.run(row(0)));
    return new Int32Array(count);
  });
  await cascade.run(row(1));
  console.log(inner);
  await cascade.close();
}

await runCase({
  "never-settles": neverSettles,
  throws,
  "calls-its-own-cascade": callsItsOwnCascade,
});
