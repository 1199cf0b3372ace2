/** Compiled in the folder of a user, against the installed package. */
import { type Answer, agreementAtLeast, Cascade } from "quorate";

export async function classify(image: Float32Array): Promise<Answer> {
  const cascade = await Cascade.builder()
    .tier("edge", { members: ["a.onnx", "b.onnx"], exitWhen: agreementAtLeast(1) })
    .tier("cloud", { members: ["large.onnx"] })
    .build();
  try {
    return await cascade.run({ image });
  } finally {
    await cascade.close();
  }
}
