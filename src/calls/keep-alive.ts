/** The engine's way back into JavaScript, without keeping a forgotten cascade alive. */
import type { NativeHooks } from "../native/contract.js";

/**
 * The addon holds its hooks for as long as the cascade is open, so they may not hold the cascade: then it could
 * never be collected when its user drops it. Whoever waits for something keeps `target` alive meanwhile.
 */
export function weakHooks(target: NativeHooks): NativeHooks {
  const weak = new WeakRef(target);
  return {
    onBuilt: (...args) => weak.deref()?.onBuilt(...args),
    onRows: (...args) => weak.deref()?.onRows(...args),
    onBatch: (...args) => weak.deref()?.onBatch(...args),
    onMemberCall: (...args) => weak.deref()?.onMemberCall(...args),
    onMemberCancel: (...args) => weak.deref()?.onMemberCancel(...args),
    onLazy: (...args) => weak.deref()?.onLazy(...args),
    onProfiled: (...args) => weak.deref()?.onProfiled(...args),
    onHashed: (...args) => weak.deref()?.onHashed(...args),
    onInvalid: (...args) => weak.deref()?.onInvalid(...args),
    onClosed: (...args) => weak.deref()?.onClosed(...args),
  };
}

const busy = new Set<object>();

/** Keeps `target` from being collected for as long as it waits for a hook. */
export function keepAlive(target: object, waiting: boolean): void {
  if (waiting) busy.add(target);
  else busy.delete(target);
}
