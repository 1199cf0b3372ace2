/** Calls of function members: from the engine's request to the reply, with one abort signal per call. */
import type { AsyncResource } from "node:async_hooks";
import { invalidArgument, messageOf, quoted } from "../errors.js";
import type { NativeCascade } from "../native/contract.js";
import type { TensorData } from "../spec/element-type.js";
import type { ResolvedFunction } from "../spec/members.js";
import type { MemberContext, MemberReport } from "../spec/options.js";
import type { ResolvedSpec } from "../spec/resolve.js";
import { inContext } from "./context.js";
import { type CheckedReply, checkReply } from "./member-reply.js";
import { asUserCode } from "./reentry.js";

/** What calls of one function member have cost so far. */
export interface MemberTraffic {
  readonly calls: number;
  /** Bytes that the function reported, and where it reported none of the tensors handed to it and of its replies. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Money that the function reported. */
  readonly reportedCost: number;
}

/** No calls: models, and functions before their first call. */
export const noTraffic: MemberTraffic = { calls: 0, bytesSent: 0, bytesReceived: 0, reportedCost: 0 };

/** A request of the engine. */
export interface MemberCall {
  readonly callId: number;
  readonly tier: number;
  readonly member: number;
  readonly count: number;
  readonly tensors: readonly TensorData[];
  readonly rows: Uint32Array;
  /** That of the call that all rows belong to; undefined: they are of several. */
  readonly context: AsyncResource | undefined;
  /** Nanoseconds left of its rows' earliest deadline; null: none has one. */
  readonly deadlineNs: number | null;
  readonly priority: number;
  /** Per tensor; null: it is not ragged. */
  readonly offsets: readonly (Uint32Array | null)[];
}

/** What calls need to know of the built cascade. */
export interface Loaded {
  readonly classes: number;
  readonly tiers: readonly {
    readonly members: readonly { readonly inputs: readonly { readonly name: string }[] }[];
  }[];
}

export class MemberCalls {
  readonly #functions: readonly (readonly (ResolvedFunction | undefined)[])[];
  readonly #traffic: MemberTraffic[][];
  /** Calls without a reply: how to abort their signal. */
  readonly #open = new Map<number, () => void>();

  constructor(spec: ResolvedSpec) {
    this.#functions = spec.tiers.map((tier) =>
      tier.members.map((member) => (member.kind === "function" ? member : undefined)),
    );
    this.#traffic = this.#functions.map((tier) => tier.map(() => noTraffic));
  }

  /** Whether there is a function among the members. */
  get any(): boolean {
    return this.#functions.some((tier) => tier.some((member) => member !== undefined));
  }

  /** [tier][member]. */
  get traffic(): readonly (readonly MemberTraffic[])[] {
    return this.#traffic.map((tier) => [...tier]);
  }

  /**
   * Answers one request; failures become the member's failure on these rows.
   * @param keep remembers what the function threw, by number
   */
  async answer(
    call: MemberCall,
    owner: object,
    native: NativeCascade,
    loaded: Loaded,
    keep: (thrown: unknown) => number,
  ): Promise<void> {
    const member = this.#functions[call.tier]?.[call.member];
    if (member === undefined) return native.completeMember(call.callId, null, "this member is not a function.", 0);
    const controller = new AbortController();
    this.#open.set(call.callId, () => inContext(call.context, () => controller.abort()));
    const offsets = named(call, call.offsets, loaded);
    const batch = { tensors: named(call, call.tensors, loaded), offsets, count: call.count, rows: call.rows };
    // Counted before the function runs, as it may never settle; the first report of its own takes its place.
    const handed = byteLength(call.tensors);
    this.#count(call, { calls: 1, bytesSent: handed });
    const reported = { bytesSent: false, bytesReceived: false };
    let over = false;
    const report = (given: MemberReport): void => {
      if (over) return; // Its rows are answered, and what they cost is counted.
      const checked = checkedReport(given);
      const { cost = 0, ...bytes } = checked;
      this.#count(call, { ...bytes, reportedCost: cost });
      if (checked.bytesSent !== undefined && !reported.bytesSent) this.#count(call, { bytesSent: -handed });
      reported.bytesSent ||= checked.bytesSent !== undefined;
      reported.bytesReceived ||= checked.bytesReceived !== undefined;
    };
    const context = { signal: controller.signal, ...urgencyOf(call), report };
    let reply: CheckedReply | null = null;
    let message = "";
    let cause = 0;
    try {
      const given = await inContext(call.context, () => asUserCode(owner, () => member.run(batch, context)));
      const expected = { count: call.count, classes: loaded.classes, labels: member.output === "label" };
      const checked = checkReply(given, expected, keep);
      if (typeof checked === "string") message = checked;
      else reply = checked;
    } catch (thrown) {
      message = messageOf(thrown);
      cause = keep(thrown);
    }
    over = true;
    // Already removed: the engine cancelled the call and expects no reply.
    if (!this.#open.delete(call.callId)) return;
    if (reply === null) return native.completeMember(call.callId, null, message, cause);
    if (!reported.bytesReceived) this.#count(call, { bytesReceived: reply.data.byteLength });
    native.completeMember(call.callId, reply.data, "", 0, reply.failedRows);
  }

  /** Nobody waits for the call any more. */
  cancel(callId: number): void {
    const abort = this.#open.get(callId);
    this.#open.delete(callId);
    abort?.();
  }

  #count({ tier, member }: MemberCall, more: Partial<MemberTraffic>): void {
    const row = this.#traffic[tier];
    const sofar = row?.[member];
    if (row === undefined || sofar === undefined) return;
    row[member] = {
      calls: sofar.calls + (more.calls ?? 0),
      bytesSent: sofar.bytesSent + (more.bytesSent ?? 0),
      bytesReceived: sofar.bytesReceived + (more.bytesReceived ?? 0),
      reportedCost: sofar.reportedCost + (more.reportedCost ?? 0),
    };
  }
}

/** By the tensors' names, without those that have none. */
function named<T>(
  { tier, member }: MemberCall,
  perTensor: readonly (T | null)[],
  loaded: Loaded,
): Readonly<Record<string, T>> {
  const inputs = loaded.tiers[tier]?.members[member]?.inputs ?? [];
  const entries = perTensor.map((data, i) => [inputs[i]?.name ?? String(i), data] as const);
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, T] => entry[1] !== null));
}

function urgencyOf({ deadlineNs, priority }: MemberCall): Pick<MemberContext, "deadlineMs" | "priority"> {
  return { deadlineMs: deadlineNs === null ? null : Math.max(deadlineNs / 1e6, 0), priority };
}

/** @throws QuorateError, inside the function that reported */
function checkedReport(report: MemberReport): MemberReport {
  if (typeof report !== "object" || report === null || Array.isArray(report)) {
    throw invalidArgument(`report: got ${quoted(report)}, expected an object with bytesSent, bytesReceived and cost.`);
  }
  // Read once: what is checked is what counts.
  const given = { ...report };
  for (const [name, value] of Object.entries(given)) {
    if (name !== "bytesSent" && name !== "bytesReceived" && name !== "cost") {
      throw invalidArgument(`report: "${name}" is unknown, expected bytesSent, bytesReceived and cost.`);
    }
    if (value !== undefined && !(Number.isFinite(value) && value >= 0)) {
      throw invalidArgument(`report: ${name} is ${quoted(value)}, expected a number of at least 0.`);
    }
  }
  return given;
}

function byteLength(tensors: readonly TensorData[]): number {
  return tensors.reduce((sum, tensor) => sum + tensor.byteLength, 0);
}
