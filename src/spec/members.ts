/** The five ways to write a member, as two. */
import { basename } from "node:path";
import type { FunctionMember, Member, ModelMember, OutputKind } from "./options.js";

/** A member with its options spelled out. */
export type FullMember = ModelMember | FunctionMember;

export function fullMember(member: Member): FullMember {
  if (typeof member === "string" || ArrayBuffer.isView(member)) return { model: member };
  return typeof member === "function" ? { run: member } : member;
}

export function isFunctionMember(member: FullMember): member is FunctionMember {
  return "run" in member;
}

/** The member's name for messages. */
export function memberName(member: FullMember): string {
  if (member.name !== undefined) return member.name;
  // Inline functions are called "run", after their property: no name to tell members apart by.
  if (isFunctionMember(member)) return member.run.name.replace(/^run$/, "") || "function";
  return typeof member.model === "string" ? basename(member.model) : "model";
}

/** The member's kind of output as far as it is known before its model is loaded. */
export function knownOutput(member: FullMember): OutputKind | undefined {
  return member.output ?? (isFunctionMember(member) ? "label" : undefined);
}
