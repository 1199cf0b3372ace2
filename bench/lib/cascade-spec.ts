/** A cascade as both sides build it: quorate from the whole of it, the rivals from the parts the bench's cascades use. */
import type { Rule, TierSpec } from "./quorate.js";

export interface CascadeSpec {
  readonly tiers: readonly (Pick<TierSpec, "name"> & {
    /** Absolute paths of ONNX files, each with one input and one output. */
    readonly members: readonly string[];
    readonly exitWhen?: Rule;
  })[];
}
