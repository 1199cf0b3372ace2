/** Options with every field present. The defaults are those of the schema: `default` in `cascade.schema.json`. */
export { defaults } from "../../schema/validate.js";

/** The fields of `T`, all there; those named `Unset` are null where the user says nothing. */
export type Filled<T, Unset extends keyof T = never> = {
  readonly [K in keyof T]-?: Exclude<T[K], undefined> | (K extends Unset ? null : never);
};

/** What was given, over the defaults of its kind; other fields of `given` are left out. */
export function filled<T extends object, Unset extends keyof T = never>(
  fields: Readonly<Record<string, unknown>>,
  given: T | undefined,
): Filled<T, Unset> {
  const options = (given ?? {}) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, options[name] ?? value]),
  ) as unknown as Filled<T, Unset>;
}
