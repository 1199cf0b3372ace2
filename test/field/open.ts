/** Cascades of the models in `models/`. */
import { fileURLToPath } from "node:url";

/** A model that `models.py` made. */
export const model = (name: string): string => fileURLToPath(new URL(`models/${name}.onnx`, import.meta.url));
