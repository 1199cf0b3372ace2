/** How `console.log` shows what calls give. */
import { type InspectOptionsStylized, inspect } from "node:util";

/** `util.inspect`, as Node hands it to custom inspection. */
type Inspect = (value: unknown, options: InspectOptionsStylized) => string;

/** Items of a column that are shown; Node's own hundred would fill a screen per column. */
const shownItems = 10;

/** Makes `console.log` show objects of a class as its name and their `fields`, however deep they lie. */
export function showAs<T extends object>(
  { name, prototype }: { readonly name: string; readonly prototype: T },
  fields: (object: T) => object,
): void {
  function showFields(this: T, depth: number, options: InspectOptionsStylized, show: Inspect): string {
    if (depth < 0) return options.stylize(`[${name}]`, "special");
    const maxArrayLength = Math.min(options.maxArrayLength ?? Number.POSITIVE_INFINITY, shownItems);
    const shown = fieldsOf(this, fields);
    if (shown === undefined) return options.stylize(`[${name}]`, "special");
    return `${name} ${show(shown, { ...options, maxArrayLength, depth: Number.POSITIVE_INFINITY })}`;
  }
  Object.defineProperty(prototype, inspect.custom, { value: showFields });
}

/** undefined: a Proxy, the prototype or an heir is no instance, so it has no private fields. */
function fieldsOf<T extends object>(object: T, fields: (object: T) => object): object | undefined {
  try {
    return fields(object);
  } catch {
    return undefined;
  }
}

/** The same plain data, which `console.log` shows to the last level: by itself it stops at the third. */
export function shownWhole<T extends object>(data: T): T {
  return Object.defineProperty(data, inspect.custom, { value: showWhole });
}

/** The same plain data, which `console.log` shows as one line. */
export function shownAs<T extends object>(data: T, line: (data: T) => string): T {
  const show = (_: number, options: InspectOptionsStylized): string => options.stylize(line(data), "special");
  return Object.defineProperty(data, inspect.custom, { value: show });
}

function showWhole(this: object, depth: number, options: InspectOptionsStylized, show: Inspect): string {
  if (depth < 0) return options.stylize("[Object]", "special");
  return show({ ...this }, { ...options, depth: Number.POSITIVE_INFINITY });
}
