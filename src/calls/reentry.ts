/** Finds calls of a cascade from inside its own member or lazy tensor: they could wait for themselves forever. */
import { AsyncLocalStorage } from "node:async_hooks";
import { QuorateError } from "../errors.js";

/** A call into user code; `active` until its answer has settled, so that what it leaves running is free again. */
interface Frame {
  readonly owner: object;
  active: boolean;
}

const frames = new AsyncLocalStorage<Frame>();

/** Runs `call` as user code of `owner`; synchronous throws become rejections. */
export async function asUserCode<T>(owner: object, call: () => T | Promise<T>): Promise<T> {
  const frame: Frame = { owner, active: true };
  try {
    return await frames.run(frame, call);
  } finally {
    frame.active = false;
  }
}

/** @throws QuorateError inside user code of `owner` */
export function refuseReentry(owner: object, method: string): void {
  const frame = frames.getStore();
  if (frame?.active && frame.owner === owner) {
    throw new QuorateError(
      "QUORATE_ERR_INVALID_ARGUMENT",
      `${method}() was called from inside a member or lazy tensor of the same cascade: it would wait for itself.`,
    );
  }
}
