/** Cascades of generated models for a device. */
import { modelFiles } from "../models/files.js";
import { mlp } from "../models/mlp.js";
import { Random } from "../models/random.js";
import { resNet } from "../models/res-net.js";
import { transformer } from "../models/transformer.js";
import type { CascadeSpec, CudaOptions, Device } from "./quorate.js";

export interface DeviceCascade {
  readonly name: string;
  readonly rowSize: number;
  readonly tiers: readonly DeviceTier[];
  /** Rows of a batch to measure it with. */
  readonly batchSizes: readonly number[];
}

export interface DeviceTier {
  readonly name: string;
  readonly members: readonly string[];
  /** With which a row leaves. */
  readonly votes: number;
}

/** Three members, then two others. */
export const perceptrons = (): DeviceCascade => generated("perceptrons", mlp, 784);
export const deviceCascades = (): DeviceCascade[] => [
  perceptrons(),
  generated("residual nets", resNet, 3 * 32 * 32),
  generated("transformers", transformer, 32 * 64),
];

/** One tier of members whose kernels leave most of a device idle: what streams of their own are for. */
export function fourSmall(): DeviceCascade {
  const members = modelFiles("perceptrons", mlp, 4);
  return {
    name: "four perceptrons",
    rowSize: 784,
    tiers: [{ name: "only", members, votes: 1 }],
    batchSizes: [64],
  };
}

function generated(name: string, build: (seed: number) => Uint8Array, rowSize: number): DeviceCascade {
  const members = modelFiles(name.replace(" ", "-"), build, 5);
  const tiers = [
    { name: "first", members: members.slice(0, 3), votes: 2 },
    { name: "last", members: members.slice(3), votes: 1 },
  ];
  return { name, rowSize, tiers, batchSizes: [256, 1024] };
}

/** As `Cascade.fromSpec` takes it. @param cuda options of every tier */
export function deviceSpec(
  tiers: readonly DeviceTier[],
  device: Device,
  maxRows: number,
  cuda?: CudaOptions,
): CascadeSpec {
  return {
    tiers: tiers.map(({ name, members, votes }) => ({
      name,
      members,
      device,
      ...(cuda === undefined ? {} : { cuda }),
      exitWhen: { kind: "votes", votes },
      batch: { maxRows },
    })),
  };
}

export const randomRows = ({ rowSize }: DeviceCascade, count: number): Float32Array =>
  new Random(0).floats(count * rowSize, 1);
