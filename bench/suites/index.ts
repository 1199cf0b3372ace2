import type { Suite } from "../lib/suite.js";
import { batch } from "./batch.js";
import { counters } from "./counters.js";
import { fashion } from "./fashion.js";
import { latency } from "./latency.js";
import { loading } from "./loading.js";
import { loopDelay } from "./loop-delay.js";
import { memory } from "./memory.js";
import { micro } from "./micro.js";
import { mlp } from "./mlp.js";
import { models } from "./models.js";
import { multiStream } from "./multi-stream.js";
import { reduction } from "./reduction.js";
import { scale } from "./scale.js";
import { server } from "./server.js";
import { singleRowCallers } from "./single-row-callers.js";

export const suites: readonly Suite[] = [
  singleRowCallers,
  batch,
  mlp,
  models,
  fashion,
  latency,
  multiStream,
  server,
  loopDelay,
  scale,
  memory,
  loading,
  counters,
  reduction,
  micro,
];
