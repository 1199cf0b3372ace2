/** The addon without the TypeScript layer: specs and hooks as native/addon gets them. */

import type { NativeCallOptions, NativeCascade, NativeHooks } from "../../src/native/contract.js";
import type { NativeInfo } from "../../src/native/info.js";
import { loadAddon } from "../../src/native/load.js";
import type { NativeMember, NativeSpec, NativeTier } from "../../src/native/lowered.js";
import type { NativeColumns, NativeError, NativeRows } from "../../src/native/results.js";
import { searchPaths } from "../../src/runtime/cuda.js";
import { digits } from "./paths.js";

export const addon = loadAddon();

export const callOptions: NativeCallOptions = {
  priority: 0,
  deadlineMs: 0,
  degradeOnDeadline: false,
  detail: "answers",
  wait: true,
  copy: false,
};

export const fileMember = (name: string): NativeMember => ({
  name,
  path: digits(`${name}.onnx`),
  inputs: [],
  constants: [],
  functionInputs: [],
  outputName: "",
  output: "auto",
  temperature: 1,
  cuda: { graphs: false, tf32: false, memoryLimitBytes: 0, convSearch: "heuristic" },
  timeoutMs: 0,
  splitOnFailure: false,
  classMap: new Int32Array(0),
  labels: new BigInt64Array(0),
});

export const functionMember = (more: Partial<NativeMember> = {}): NativeMember => ({
  name: "function",
  isFunction: true,
  inputs: [],
  constants: [],
  functionInputs: [{ name: "image", type: "float32", rowShape: [64] }],
  outputName: "",
  output: "label",
  temperature: 1,
  timeoutMs: 30_000,
  splitOnFailure: false,
  classMap: new Int32Array(0),
  labels: new BigInt64Array(0),
  ...more,
});

export const tier = (...members: NativeMember[]): NativeTier => ({
  name: "only",
  members,
  rule: [],
  combine: "vote",
  evidence: "tier",
  execution: "concurrent",
  device: "auto",
  maxRows: 256,
  maxDelayNs: 0,
  maxQueueRows: 65_536,
  maxInFlight: 0,
  onOverload: null,
  onFailure: "reject",
});

export const spec = (...tiers: NativeTier[]): NativeSpec => ({
  ...searchPaths({}),
  classes: 10,
  measures: 7,
  shapes: [],
  ragged: [],
  constants: [],
  maxRowsInFlight: 65_536,
  maxBytesInFlight: 2 ** 28,
  deviceQueueBytes: 2 ** 26,
  spinNs: 0,
  warmup: false,
  tiers,
});

/** The addon uses the arrays again. */
function copyOf(rows: NativeRows): NativeRows {
  const entries = Object.entries(rows).map(([name, value]) => [
    name,
    ArrayBuffer.isView(value) ? (value as Float64Array).slice(0, rows.count) : value,
  ]);
  return Object.fromEntries(entries) as NativeRows;
}

export const noHooks: NativeHooks = {
  onBuilt: () => {},
  onRows: () => {},
  onBatch: () => {},
  onMemberCall: () => {},
  onMemberCancel: () => {},
  onLazy: () => {},
  onProfiled: () => {},
  onHashed: () => {},
  onInvalid: () => {},
  onClosed: () => {},
};

/** A call of a function member. */
export interface MemberCall {
  readonly id: number;
  readonly count: number;
  readonly tensors: readonly unknown[];
  readonly rows: Uint32Array;
}

/** A built cascade whose hooks are promises and lists. */
export class Harness {
  readonly events: string[] = [];
  readonly calls: MemberCall[] = [];
  readonly cancelled: number[] = [];
  readonly rows: NativeRows[] = [];
  readonly batches: Map<number, NativeColumns> = new Map();
  native!: NativeCascade;
  info!: NativeInfo;
  buildError: (NativeError & { readonly problems: readonly NativeError[] }) | undefined;
  onCall: (call: MemberCall) => void = () => {};
  onLazy: (id: number, tensor: number, rows: Uint32Array) => void = () => {};
  #wake: () => void = () => {};

  static async open(given: NativeSpec): Promise<Harness> {
    const harness = Harness.start(given);
    await harness.until(() => harness.events.length > 0);
    return harness;
  }

  static start(given: NativeSpec): Harness {
    const harness = new Harness();
    harness.native = addon.createCascade(given, harness.#hooks());
    return harness;
  }

  /** Waits for `condition`, looking after every hook. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async close(drainMs = 5000): Promise<void> {
    this.native.close(drainMs);
    await this.until(() => this.events.includes("closed"));
  }

  async batch(id: number): Promise<NativeColumns> {
    await this.until(() => this.batches.has(id));
    return this.batches.get(id) as NativeColumns;
  }

  #hooks(): NativeHooks {
    const event = (name: string): void => {
      this.events.push(name);
      this.#wake();
    };
    return {
      onBuilt: (error, info) => {
        if (error !== null) this.buildError = error;
        if (info !== null) this.info = info;
        event("built");
      },
      onRows: (rows) => {
        this.rows.push(copyOf(rows));
        event("rows");
      },
      onBatch: (id, columns) => {
        this.batches.set(id, columns);
        event("batch");
      },
      onMemberCall: (id, _tier, _member, count, tensors, rows) => {
        const call = { id, count, tensors, rows };
        this.calls.push(call);
        event("call");
        this.onCall(call);
      },
      onMemberCancel: (id) => {
        this.cancelled.push(id);
        event("cancel");
      },
      onLazy: (id, tensor, rows) => {
        event("lazy");
        this.onLazy(id, tensor, rows);
      },
      onProfiled: () => event("profiled"),
      onHashed: () => event("hashed"),
      onInvalid: () => event("invalid"),
      onClosed: () => event("closed"),
    };
  }
}
