// The options of calls as JSON Schemas: compiled like the schema of a cascade, and told in the same sentences. They
// are no part of the published schema, since they hold signals and functions; what those are says the keyword `is`.
import { _, str } from "ajv";

const priceOfTier = { $ref: "https://quorate.dev/cascade.schema.json#/definitions/tier/properties/price" };
const path = { type: ["string", "null"] };
const count = { type: "integer", minimum: 1, maximum: 2 ** 32 - 1 };

const options = (properties) => ({ type: "object", additionalProperties: false, properties });

const ofEveryCall = {
  signal: { is: "an AbortSignal" },
  deadlineMs: { is: "a number of milliseconds" },
  onDeadline: { enum: ["reject", "degrade"] },
  priority: { type: "integer", minimum: 1, maximum: 9 },
  onFull: { enum: ["wait", "reject"] },
  trace: { type: "boolean" },
};

/** A model that is in no tier, by what a row of it costs. */
const amount = { $ref: "https://quorate.dev/cascade.schema.json#/definitions/amount" };
const givenModel = {
  type: "object",
  additionalProperties: false,
  properties: { flopsPerRow: amount, moneyPerRow: amount, bytesPerRow: amount, busyMsPerRow: amount },
};

/** By the name of the method. */
export const callSchemas = {
  run: options(ofEveryCall),
  runBatch: options({ ...ofEveryCall, copy: { type: "boolean" }, rows: count }),
  stream: options({ ...ofEveryCall, ordered: { type: "boolean" }, inFlight: count, onRowError: { is: "a function" } }),
  counters: options({ since: { type: "object" } }),
  cost: options({
    since: { type: "object" },
    prices: { type: "object", additionalProperties: priceOfTier },
    // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword
    reference: { if: { type: "string" }, then: { minLength: 1 }, else: givenModel },
  }),
  close: options({ drainMs: { is: "a number of milliseconds", minimum: 0 } }),
  machineReport: options({ onnxruntimePath: path, cudaProviderPath: path, cudaLibraryPath: path }),
};

/** What JSON has not, in words. Milliseconds may be Infinity. */
const tests = {
  "an AbortSignal": (data) =>
    _`typeof ${data} == "object" && ${data} !== null && typeof ${data}.aborted == "boolean" && typeof ${data}.addEventListener == "function" && typeof ${data}.removeEventListener == "function"`,
  "a function": (data) => _`typeof ${data} == "function"`,
  "a number of milliseconds": (data) => _`typeof ${data} == "number" && !isNaN(${data})`,
};

/** The keyword `is`, for Ajv. */
export const isKeyword = {
  keyword: "is",
  schemaType: "string",
  code: (context) => context.pass(tests[context.schema](context.data)),
  error: {
    message: ({ schema }) => str`must be ${schema}`,
    params: ({ schema }) => _`{expected: ${schema}}`,
  },
};
