/** Many calls may share one signal: it gets one listener, however many wait. */
const waiting = new WeakMap<AbortSignal, Map<object, () => void>>();

const nothing = (): void => {};

/** Calls `callback` when `signal` aborts. Returns the function that takes it back. */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return nothing;
  let callbacks = waiting.get(signal);
  if (callbacks === undefined) {
    callbacks = new Map();
    waiting.set(signal, callbacks);
  }
  if (callbacks.size === 0) signal.addEventListener("abort", runAll, { once: true });
  const key = {};
  callbacks.set(key, callback);
  const registered = callbacks;
  return () => {
    registered.delete(key);
    if (registered.size === 0) signal.removeEventListener("abort", runAll);
  };
}

function runAll(this: AbortSignal): void {
  const callbacks = [...(waiting.get(this)?.values() ?? [])];
  waiting.delete(this);
  for (const callback of callbacks) callback();
}
