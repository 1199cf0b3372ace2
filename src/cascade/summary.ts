/** A cascade in short, for `console.log` and `JSON.stringify`; `explain()` says all of it. */
import type { RequestTensor } from "../spec/element-type.js";
import type { TierInfo } from "./info.js";

/** What `JSON.stringify` writes of a cascade; plain data. */
export interface CascadeJson {
  /** False as soon as close() was called. */
  readonly open: boolean;
  /** Names of the classes in their order, or their number where only that is known. */
  readonly classes: readonly string[] | number;
  /** Request tensors: what a call must give. */
  readonly inputs: readonly RequestTensor[];
  readonly tiers: readonly {
    readonly name: string;
    /** In words. */
    readonly exitWhen: string;
    readonly execution: "concurrent" | "sequential";
    readonly members: readonly {
      readonly name: string;
      /** "cpu", "cuda:N" or "function". */
      readonly device: string;
    }[];
  }[];
}

/** What the summary is made from. */
interface Described {
  readonly open: boolean;
  readonly classes: number;
  readonly classNames: readonly string[] | null;
  readonly inputs: readonly RequestTensor[];
  readonly tiers: readonly TierInfo[];
}

export function cascadeJson({ open, classes, classNames, inputs, tiers }: Described): CascadeJson {
  return {
    open,
    classes: classNames ?? classes,
    inputs,
    tiers: tiers.map(({ name, exitWhen, execution, members }) => ({
      name,
      exitWhen,
      execution,
      members: members.map(({ name, device }) => ({ name, device })),
    })),
  };
}

/** One line per tensor, tier and member: what a person wants to see of them. */
export function shownCascade(cascade: Described): object {
  const { open, classes, inputs, tiers } = cascadeJson(cascade);
  return {
    open,
    classes,
    inputs: inputs.map(({ name, type, rowShape }) => `${name}: ${type} [${rowShape.join(", ")}]`),
    tiers: tiers.map(({ name, exitWhen, execution, members }) => ({
      name,
      exitWhen,
      execution,
      members: members.map((member) => `${member.name} on ${member.device}`),
    })),
  };
}
