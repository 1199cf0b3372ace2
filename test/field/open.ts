/** Cascades of the models in `models/`. */
import { fileURLToPath } from "node:url";
import { type Answer, type BatchAnswer, Cascade, type CascadeSpec } from "../../src/index.js";

/** A model that `models.py` made. */
export const model = (name: string): string => fileURLToPath(new URL(`models/${name}.onnx`, import.meta.url));

/** Why no cascade can be built so; "built" where one can. */
export async function refusal(spec: CascadeSpec): Promise<string> {
  try {
    await (await Cascade.fromSpec(spec)).close();
    return "built";
  } catch (error) {
    return (error as Error).message;
  }
}

/** What can be compared of an answer. */
export const core = ({ label, votes, tier, score, partial }: Answer): object => ({
  label,
  votes,
  tier,
  score,
  partial,
});

/** The labels of a batch's rows; where one has no answer, its error. */
export const labelsOrErrors = (batch: BatchAnswer): (number | Error)[] =>
  Array.from({ length: batch.count }, (_, i) => {
    const row = batch.at(i);
    return row.error ?? row.label;
  });
