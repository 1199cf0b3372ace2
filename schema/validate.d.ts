/** The types of validate.js, which scripts/compile-schema.mjs makes. */

/** One way in which the data is not what the schema says. */
export interface SchemaError {
  readonly keyword: string;
  /** JSON pointer to the data. */
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
  readonly parentSchema?: Readonly<Record<string, unknown>>;
  readonly data?: unknown;
}

export interface Validator {
  (data: unknown): boolean;
  /** Of the last call. */
  errors?: readonly SchemaError[] | null;
}

/** Of a cascade's specification. */
export declare const validate: Validator;

/** Of the options of calls, by the method's name. */
export declare const calls: Readonly<
  Record<"run" | "runBatch" | "stream" | "counters" | "cost" | "close" | "machineReport", Validator>
>;

/** The default of every optional field of the schema; null where there is none. */
type Defaults = Readonly<Record<string, unknown>>;

export declare const defaults: {
  readonly cascade: Defaults;
  readonly tier: Defaults;
  readonly cuda: Defaults;
  readonly batch: Defaults;
  readonly price: Defaults;
  readonly model: Defaults;
  readonly functionMember: Defaults;
  readonly callPrice: Defaults;
};
