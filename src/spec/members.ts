/** The five ways to write a member, as two with every field. */
import { basename } from "node:path";
import { defaults, type Filled, filled } from "./defaults.js";
import type { ElementType } from "./element-type.js";
import type { CallPrice, FunctionMember, Member, ModelMember } from "./options.js";

/** A member that is an ONNX model. */
export interface ResolvedModel
  extends Filled<Omit<ModelMember, "name" | "model">, "output" | "outputName" | "classes" | "labels" | "flopsPerRow"> {
  readonly kind: "model";
  /** An absolute path, or bytes. */
  readonly model: string | Uint8Array;
  /** As given; else the file's name, or "model 2" for the second member of its tier. */
  readonly name: string;
}

/** A request tensor of a function member; type and shape are null where a model that reads it has them. */
export interface ResolvedInput {
  readonly name: string;
  readonly type: ElementType | null;
  readonly rowShape: readonly (number | string)[] | null;
}

/** A member that is a function. */
export interface ResolvedFunction
  extends Filled<Omit<FunctionMember, "name" | "inputs" | "price">, "classes" | "labels" | "flopsPerRow"> {
  readonly kind: "function";
  /** As given; else the function's own name, or "function 2" for the second member of its tier. */
  readonly name: string;
  /** Empty: every tensor that some model of the cascade reads. */
  readonly inputs: readonly ResolvedInput[];
  readonly price: Filled<CallPrice>;
}

/** A member with every field. */
export type ResolvedMember = ResolvedModel | ResolvedFunction;

/** @param index of the member in its tier: those without a name are told apart by it */
export function resolveMember(member: Member, index: number): ResolvedMember {
  if (isResolved(member)) return resolveModel({ model: member }, index);
  if (typeof member === "function") return resolveFunction({ run: member }, index);
  return "run" in member ? resolveFunction(member, index) : resolveModel(member as ModelMember, index);
}

function isResolved(member: Member): member is string | Uint8Array {
  return typeof member === "string" || ArrayBuffer.isView(member);
}

function resolveModel(given: ModelMember, index: number): ResolvedModel {
  // `read.ts` has made a path or bytes of everything else.
  const model = given.model as string | Uint8Array;
  const { name = typeof model === "string" ? basename(model) : `model ${index + 1}` } = given;
  const options = filled<
    Omit<ModelMember, "model" | "name">,
    "output" | "outputName" | "classes" | "labels" | "flopsPerRow"
  >(defaults.model, given);
  return { ...options, kind: "model", model, name };
}

function resolveFunction(given: FunctionMember, index: number): ResolvedFunction {
  // Inline functions are called "run", after their property: no name to tell members apart by.
  const { run, name = run.name.replace(/^run$/, "") || `function ${index + 1}`, inputs = [] } = given;
  const options = filled<
    Omit<FunctionMember, "run" | "name" | "inputs" | "price">,
    "classes" | "labels" | "flopsPerRow"
  >(defaults.functionMember, given);
  const price = filled<CallPrice>(defaults.callPrice, given.price);
  return { ...options, kind: "function", run, name, inputs: resolveInputs(inputs), price };
}

function resolveInputs(inputs: NonNullable<FunctionMember["inputs"]>): ResolvedInput[] {
  if (isNames(inputs)) return inputs.map((name) => ({ name, type: null, rowShape: null }));
  return Object.entries(inputs).map(([name, { type, rowShape }]) => ({ name, type, rowShape }));
}

function isNames(inputs: NonNullable<FunctionMember["inputs"]>): inputs is readonly string[] {
  return Array.isArray(inputs);
}
