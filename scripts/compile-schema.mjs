// schema/cascade.schema.json and the options of calls as functions, and the defaults: writes schema/validate.js. Ajv
// takes some 100 ms to load and to compile them, which no build() of a cascade should wait for, and so it need not be
// installed with the package. scripts/setup.mjs runs this.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import standalone from "ajv/dist/standalone/index.js";
import { callSchemas, isKeyword } from "./lib/call-schemas.mjs";
import { fail, root } from "./lib/tools.mjs";

/** Function members exist in memory only, so the published schema does not have them. */
const functionMember = {
  type: "object",
  required: ["run"],
  additionalProperties: false,
  properties: {
    run: { const: "function" },
    name: { type: "string", minLength: 1 },
    inputs: {
      if: { type: "array" },
      // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword
      then: { type: "array", uniqueItems: true, items: { type: "string", minLength: 1 } },
      else: {
        type: "object",
        additionalProperties: {
          type: "object",
          required: ["type", "rowShape"],
          additionalProperties: false,
          properties: { type: { $ref: "#/definitions/elementType" }, rowShape: { $ref: "#/definitions/openShape" } },
        },
      },
    },
    output: { $ref: "#/definitions/output", default: "label" },
    temperature: { $ref: "#/definitions/temperature" },
    classes: { $ref: "#/definitions/classNames" },
    labels: { $ref: "#/definitions/labels" },
    splitOnFailure: { type: "boolean", default: false },
    timeoutMs: { type: "number", exclusiveMinimum: 0, maximum: 2 ** 31 - 1, default: 30_000 },
    price: {
      type: "object",
      additionalProperties: false,
      properties: {
        perCall: { $ref: "#/definitions/amount", default: 0 },
        perRow: { $ref: "#/definitions/amount", default: 0 },
      },
    },
    flopsPerRow: { $ref: "#/definitions/amount" },
  },
};

const elementType = {
  enum: "float32 float16 bfloat16 float64 int8 uint8 int16 uint16 int32 uint32 int64 uint64 bool".split(" "),
};

/** Of a tensor that no model reads; the first dimension may be the name of a length. */
const openShape = { type: "array", items: { type: ["string", "integer"], minLength: 1, minimum: 1 } };

function withFunctions(schema) {
  // Whoever gives a function under another name than `run` means a function member too; a function is { run: "function" }.
  const aFunction = { type: "object", required: ["run"], maxProperties: 1, properties: { run: { const: "function" } } };
  const hasFunction = { not: { additionalProperties: { not: aFunction } } };
  const member = {
    if: { type: "object", anyOf: [{ required: ["run"] }, hasFunction] },
    // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword
    then: { $ref: "#/definitions/function" },
    else: schema.definitions.member,
  };
  return {
    ...schema,
    definitions: { ...schema.definitions, member, function: functionMember, elementType, openShape },
  };
}

/** The default of every optional field, null where there is none. Objects with fields of their own are left out. */
function defaultsOf({ properties, required = [] }, definitions) {
  const fields = Object.entries(properties).filter(
    ([name, field]) => name !== "$schema" && !required.includes(name) && field.properties === undefined,
  );
  return Object.fromEntries(
    fields.map(([name, field]) => {
      const shared = definitions[field.$ref?.replace("#/definitions/", "")];
      return [name, field.default ?? shared?.default ?? null];
    }),
  );
}

/** Every default, per kind of object; src/spec/ takes them from here and from nowhere else. */
function allDefaults(schema) {
  const { definitions } = schema;
  const { tier, model, function: functionMember } = definitions;
  const { cuda, batch, price } = tier.properties;
  const kinds = { cascade: schema, tier, cuda, batch, price, model, functionMember };
  const callPrice = functionMember.properties.price;
  return Object.fromEntries(
    Object.entries({ ...kinds, callPrice }).map(([kind, part]) => [kind, defaultsOf(part, definitions)]),
  );
}

const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  discriminator: true,
  strictTypes: false,
  // Strings are only asked whether they are empty: no need for Ajv's way to count their characters.
  unicode: false,
  logger: false,
  code: { source: true, esm: true, lines: true },
});
const schema = withFunctions(JSON.parse(readFileSync(join(root, "schema/cascade.schema.json"), "utf8")));
ajv.addKeyword(isKeyword);
ajv.addSchema(schema);
const calls = Object.keys(callSchemas);
for (const call of calls) ajv.addSchema(callSchemas[call], call);
const validators = { validate: schema.$id, ...Object.fromEntries(calls.map((call) => [call, call])) };
const code = standalone.default(ajv, validators).replace(
  // What is left that Ajv would load: its comparison of items that must differ.
  /const (\w+) = require\("ajv\/dist\/runtime\/equal"\)\.default;/,
  'import { isDeepStrictEqual as $1 } from "node:util";',
);
if (code.includes("require(")) fail("schema/validate.js would load a part of Ajv");
const defaults = `export const defaults = ${JSON.stringify(allDefaults(schema))};`;
writeFileSync(
  join(root, "schema/validate.js"),
  `// Made by scripts/compile-schema.mjs with Ajv.\n${code}\nexport const calls = { ${calls.join(", ")} };\n${defaults}\n`,
);
