/** An addon without an engine: it records calls and answers when the test says so. */
import type {
  NativeAddon,
  NativeCallOptions,
  NativeCascade,
  NativeFailedRow,
  NativeHooks,
  NativeInputs,
  NativeThreads,
} from "../../src/native/contract.js";
import type {
  NativeCounters,
  NativeInfo,
  NativeMemberCounters,
  NativeMemberInfo,
  NativeTensorInfo,
  NativeTierCounters,
} from "../../src/native/info.js";
import type { NativeSpec } from "../../src/native/lowered.js";
import type { NativeColumns, NativeRows } from "../../src/native/results.js";
import type { TensorData } from "../../src/spec/element-type.js";

/** Columns of `count` rows, all answered with class 1 by tier 0, changed by `over`. */
export function columns(count: number, over: Partial<NativeColumns> = {}): NativeColumns {
  return {
    count,
    label: new Int32Array(count).fill(1),
    tierIndex: new Uint8Array(count),
    votes: new Uint8Array(count).fill(2),
    voters: new Uint8Array(count).fill(3),
    flags: new Uint8Array(count).fill(1 | 4 | 8),
    status: new Uint8Array(count),
    errorIndex: new Uint16Array(count),
    errors: [],
    score: new Float32Array(count).fill(0.75),
    ...over,
  };
}

/** Columns of single rows. */
export function rowColumns(ids: readonly number[], over: Partial<NativeColumns> = {}): NativeRows {
  return { ...columns(ids.length, over), ids: Float64Array.from(ids) };
}

export interface FakeSubmit {
  readonly id: number;
  readonly rows: number;
  readonly inputs: NativeInputs;
  readonly options: NativeCallOptions;
}

export class FakeCascade implements NativeCascade {
  readonly spec: NativeSpec;
  readonly hooks: NativeHooks;
  readonly submitted: FakeSubmit[] = [];
  readonly cancelled: number[] = [];
  readonly completed: {
    callId: number;
    data: Int32Array | Float32Array | null;
    message: string;
    cause: number;
    failedRows: readonly NativeFailedRow[];
  }[] = [];
  readonly provided: {
    id: number;
    tensor: number;
    rows: Uint32Array;
    data: TensorData | null;
    message: string;
    cause: number;
  }[] = [];
  readonly drains: number[] = [];
  /** What counters() gives. */
  now: NativeCounters;
  /** What profile() answers. */
  flops: (number | string)[][] | null = null;
  /** Most rows that submitRows takes at once. */
  room = Number.POSITIVE_INFINITY;
  /** Thrown by the next submit, or after one that took rows in part. */
  refusal: Error | undefined;

  constructor(spec: NativeSpec, hooks: NativeHooks) {
    this.spec = spec;
    this.hooks = hooks;
    this.now = zeroCounters(spec);
  }

  submitRows(id: number, rows: number, inputs: NativeInputs, options: NativeCallOptions): number {
    // The caller uses its arrays again.
    const copies = inputs.map((input) => (ArrayBuffer.isView(input) ? input.slice() : input));
    const { refusal } = this;
    if (this.room < rows) this.refusal = undefined; // That is for the others.
    const taken = Math.min(rows, this.room);
    this.submitBatch(id, taken, copies, options);
    if (taken < rows) this.refusal = refusal;
    return taken;
  }
  submitBatch(id: number, rows: number, inputs: NativeInputs, options: NativeCallOptions): void {
    const { refusal } = this;
    this.refusal = undefined;
    if (refusal !== undefined) throw refusal;
    this.submitted.push({ id, rows, inputs, options });
  }
  cancel(id: number): void {
    this.cancelled.push(id);
  }
  completeMember(
    callId: number,
    data: Int32Array | Float32Array | null,
    message: string,
    cause: number,
    failedRows: readonly NativeFailedRow[] = [],
  ): void {
    this.completed.push({ callId, data, message, cause, failedRows });
  }
  provide(
    id: number,
    tensor: number,
    rows: Uint32Array,
    data: TensorData | null,
    message: string,
    cause: number,
  ): void {
    this.provided.push({ id, tensor, rows, data, message, cause });
  }
  counters(): NativeCounters {
    return this.now;
  }
  profile(): void {
    setImmediate(() => {
      const error = { code: "QUORATE_ERR_INTERNAL", message: "no profile" };
      if (this.flops === null) this.hooks.onProfiled(error, null);
      else this.hooks.onProfiled(null, this.flops);
    });
  }
  hash(): void {
    const hashes = this.spec.tiers.map(({ members }) => members.map(({ isFunction }) => (isFunction ? "" : "abc")));
    setImmediate(() => this.hooks.onHashed(null, hashes));
  }
  close(drainMs: number): void {
    this.drains.push(drainMs);
    setImmediate(() => this.hooks.onClosed());
  }
}

/** How the fake answers createCascade. */
export interface FakeBehaviour {
  readonly tensors?: readonly NativeTensorInfo[];
  readonly classes?: number;
  readonly problems?: readonly { readonly code: string; readonly message: string }[];
}

export class FakeAddon implements NativeAddon {
  readonly version = "0.0.0";
  readonly cascades: FakeCascade[] = [];
  #threads: NativeThreads = { count: 2, reason: "quota" };
  readonly #behaviour: FakeBehaviour;

  constructor(behaviour: FakeBehaviour = {}) {
    this.#behaviour = behaviour;
  }

  get last(): FakeCascade {
    const last = this.cascades.at(-1);
    if (last === undefined) throw new Error("no cascade was created");
    return last;
  }

  cuda(): { devices: number; reason: string } {
    return { devices: 0, reason: "a fake" };
  }

  threads(): NativeThreads {
    return this.#threads;
  }

  setThreads(threads: NativeThreads): void {
    this.#threads = threads;
  }

  inspectDevices(): never {
    throw new Error("a fake has no devices");
  }

  createCascade(spec: NativeSpec, hooks: NativeHooks): NativeCascade {
    const cascade = new FakeCascade(spec, hooks);
    this.cascades.push(cascade);
    const { problems } = this.#behaviour;
    setImmediate(() => {
      if (problems === undefined) return hooks.onBuilt(null, infoOf(spec, this.#behaviour));
      hooks.onBuilt({ code: problems[0]?.code ?? "", message: problems[0]?.message ?? "", problems }, null);
    });
    return cascade;
  }
}

/** One float32 tensor "x" of two numbers, read by tier 0. */
export const tensorX: NativeTensorInfo = { name: "x", type: "float32", rowShape: [2], tiers: [0] };

function infoOf(spec: NativeSpec, { tensors = [tensorX], classes = 3 }: FakeBehaviour): NativeInfo {
  const member = (name: string): NativeMemberInfo => ({
    name,
    inputs: tensors,
    output: "logits",
    outputType: "float32",
    outputWidth: classes,
    fixedBatch: 0,
    device: "cpu",
    deviceReason: "",
    deviceBytes: 0,
    hostNodes: [],
    batchDifference: 0,
    padDifference: -1,
    reusesTier: -1,
    reusesMember: -1,
    warmRows: 8,
    warmInvalid: 0,
  });
  return {
    runtimeVersion: "1.30.0",
    runtimePath: "/fake/libonnxruntime.so.1",
    telemetryOff: true,
    classes,
    tensors,
    tiers: spec.tiers.map((tier) => ({ members: tier.members.map(({ name }) => member(name)), device: null })),
    warnings: [],
  };
}

/** Counters of a member that has done nothing. */
export const zeroMember: NativeMemberCounters = {
  rowsRun: 0,
  rowsSkipped: 0,
  rowsReused: 0,
  rowsFailed: 0,
  rowsPadded: 0,
  stepsRun: 0,
  stepsPadded: 0,
  invalidVotes: 0,
  runNs: 0,
  extraRuns: 0,
  rowsRepeated: 0,
  lastError: null,
};

/** Counters of a tier that has done nothing. */
export function zeroTier(members: number): NativeTierCounters {
  return {
    entered: 0,
    exited: 0,
    deferred: 0,
    failed: 0,
    cancelled: 0,
    expired: 0,
    rejected: 0,
    inFlight: 0,
    invalid: 0,
    degraded: 0,
    batches: 0,
    memoryRows: 0,
    queueNs: 0,
    gatherNs: 0,
    uploadNs: 0,
    runNs: 0,
    reduceNs: 0,
    downloadNs: 0,
    scatterNs: 0,
    bytesToDevice: 0,
    bytesToHost: 0,
    queueTimes: new Float64Array(3),
    runTimes: new Float64Array(3),
    members: Array.from({ length: members }, () => zeroMember),
  };
}

function zeroCounters(spec: NativeSpec): NativeCounters {
  return {
    submitted: 0,
    settled: 0,
    pending: 0,
    timeBoundsNs: Float64Array.of(1e6, 2e6),
    tiers: spec.tiers.map((tier) => zeroTier(tier.members.length)),
    devices: [],
  };
}
