/** A cascade as both sides build it: quorate from the whole of it, the rivals from the parts the bench's cascades use. */

export interface RuleSpec {
  readonly kind: string;
  readonly threshold?: number;
  readonly rules?: readonly RuleSpec[];
}

export interface CascadeSpec {
  readonly tiers: readonly {
    readonly name: string;
    /** Absolute paths of ONNX files, each with one input and one output. */
    readonly members: readonly string[];
    readonly exitWhen?: RuleSpec;
  }[];
}
