/**
 * The asynchronous context of a call (AsyncLocalStorage, tracing): user code that serves one call runs in that call's.
 * What serves several runs in none; so the addon calls its hooks, and there is nothing to do for it here.
 */
import { AsyncResource } from "node:async_hooks";

/** Runs `code` in a context that was kept; undefined: in the one that is there. */
export function inContext<T>(context: AsyncResource | undefined, code: () => T): T {
  return context === undefined ? code() : context.runInAsyncScope(code);
}

/** Keeps the context of whoever calls this. */
export function keptContext(): AsyncResource {
  return new AsyncResource("QUORATE");
}
