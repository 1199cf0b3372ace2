import type { Suite } from "../lib/suite.js";
import { batch } from "./batch.js";
import { latency } from "./latency.js";
import { loopDelay } from "./loop-delay.js";
import { micro } from "./micro.js";
import { singleRowCallers } from "./single-row-callers.js";

export const suites: readonly Suite[] = [singleRowCallers, batch, latency, loopDelay, micro];
