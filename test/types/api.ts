/** Compiled, never run: what the public types allow and what they refuse. */
import {
  type Answer,
  agreementAtLeast,
  allOf,
  type BatchAnswer,
  Cascade,
  type CascadeSpec,
  QuorateError,
  type QuorateErrorCode,
  type Rule,
  scoreAtLeast,
} from "../../src/index.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Compiles only for `true`. */
function same<_T extends true>(): void {}

export async function builds(bytes: Uint8Array): Promise<Answer> {
  await using cascade = await Cascade.builder()
    .options({ classes: ["a", "b"], measures: ["score", "entropy"] })
    .tier("edge", {
      members: [
        "a.onnx",
        bytes,
        { model: bytes, inputs: { pixel_values: "image" }, output: "logits", temperature: 1.3 },
      ],
      exitWhen: allOf(agreementAtLeast(1), scoreAtLeast(0.9)),
      batch: { maxRows: 64, maxDelayMs: 2 },
      price: { perHour: 0.5 },
    })
    .tier("api", {
      members: [
        async ({ count }, { signal }) => (signal.aborted ? new Float32Array(2 * count) : new Int32Array(count)),
      ],
    })
    .build();
  same<Equal<typeof cascade, Cascade>>();
  return cascade.run({ image: new Float32Array(4) }, { signal: AbortSignal.timeout(5), trace: true });
}

export async function calls(cascade: Cascade): Promise<void> {
  await cascade.run(new Float32Array(4));
  await cascade.run({ image: () => new Float32Array(4), other: async () => new BigInt64Array(1) });
  const batch = await cascade.runBatch({ image: (rows) => new Float32Array(rows.length) }, { rows: 3 });
  same<Equal<typeof batch, BatchAnswer>>();
  same<Equal<typeof batch.label, Int32Array>>();
  const row = batch.at(0);
  if (row.error === null) same<Equal<typeof row.label, number>>();
  else same<Equal<typeof row.status, "failed" | "cancelled" | "expired" | "rejected">>();
  // @ts-expect-error: a row may have no answer
  void batch.at(0).label;
  for await (const { label, index } of cascade.stream([new Float32Array(4)], { ordered: false }))
    same<Equal<[typeof label, typeof index], [number, number]>>();
  // @ts-expect-error: a list is no typed array
  await cascade.run({ image: [1, 2] });
  // @ts-expect-error: no such option
  await cascade.run({}, { prioritty: 1 });
  // @ts-expect-error: rows belong to runBatch
  await cascade.run({}, { rows: 3 });
  // @ts-expect-error: two ways only
  await cascade.run({}, { onDeadline: "wait" });
}

export function data(spec: CascadeSpec, answer: Answer, error: QuorateError): void {
  const rule: Rule = JSON.parse(JSON.stringify(agreementAtLeast(1)));
  void ({ tiers: [{ name: "a", members: ["a.onnx"], exitWhen: rule }] } satisfies CascadeSpec);
  // @ts-expect-error: a rule's threshold is a number
  void ({ kind: "score", threshold: "0.5" } satisfies Rule);
  void ({ tiers: [{ name: "a", members: ["a.onnx"], device: "cuda:1" }] } satisfies CascadeSpec);
  // @ts-expect-error: no such device
  void ({ tiers: [{ name: "a", members: ["a.onnx"], device: "gpu" }] } satisfies CascadeSpec);
  // @ts-expect-error: members are required
  void ({ tiers: [{ name: "a" }] } satisfies CascadeSpec);
  // @ts-expect-error: answers are readonly
  answer.label = 1;
  // @ts-expect-error: specifications are readonly
  spec.tiers[0].name = "b";
  same<Equal<typeof answer.score, number | null>>();
  same<Equal<typeof error.code, QuorateErrorCode>>();
  void (new Error() instanceof QuorateError);
}
