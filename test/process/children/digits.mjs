/** The bundled digits, and the cascades that most programs use. */
import { readFileSync } from "node:fs";
import { agreementAtLeast, Cascade } from "quorate";
import { digitsFile, fixture, onnx } from "./program.mjs";

export const rowSize = 64;
const lines = readFileSync(digitsFile("test.csv"), "utf8").trim().split("\n");
export const rowCount = lines.length;
/** All rows, one after the other. */
export const image = Float32Array.from(lines.flatMap((line) => line.split(",").slice(0, rowSize).map(Number)));
/** @param {number} i */
export const row = (i) => image.slice(i * rowSize, (i + 1) * rowSize);

export const tiny = ["tiny-a", "tiny-b", "tiny-c"].map(onnx);

/** Two tiers, of which the second is one model. */
export const digits = () =>
  Cascade.builder()
    .tier("tiny", { members: tiny, exitWhen: agreementAtLeast(1) })
    .tier("small", { members: [onnx("small-a")] })
    .build();

/** A model whose one run takes 10 s and more. */
export const slow = () =>
  Cascade.builder()
    .options({ warmup: false, classes: 2 })
    .tier("slow", { members: [fixture("slow")] })
    .build();
export const slowRow = () => new Float32Array(2).fill(1);
