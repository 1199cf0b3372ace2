/** Processes of a trial's own, for what only a fresh process can show: its memory, a first load, another addon. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export interface ProbeOptions {
  readonly args?: readonly string[];
  readonly execArgv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** CPUs to be bound to, by `taskset`. @default those of this process */
  readonly cpus?: readonly number[];
}

/** Starts `lib/SCRIPT.js`. */
export function startProbe(script: string, options: ProbeOptions = {}): ChildProcess {
  const { args = [], execArgv = [], env = {}, cpus } = options;
  const bound = cpus && { execPath: "taskset", execArgv: ["-c", cpus.join(","), process.execPath, ...execArgv] };
  return fork(join(import.meta.dirname, `${script}.js`), [...args], {
    execArgv: [...execArgv],
    env: { ...process.env, ...env },
    ...bound,
  });
}

/** The next message of a probe. @throws when it ends without one */
export async function nextMessage(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const { signal } = ended;
  const failed = once(child, "exit", { signal }).then(([code]) => {
    throw new Error(`a probe ended with ${String(code)}`);
  });
  try {
    const [message] = await Promise.race([once(child, "message", { signal }), failed]);
    return message;
  } finally {
    failed.catch(() => {});
    ended.abort();
  }
}

/** Runs a probe that sends one message and ends. */
export async function probe<T>(script: string, options?: ProbeOptions): Promise<T> {
  const child = startProbe(script, options);
  const ended = once(child, "exit");
  const message = await nextMessage(child);
  await ended;
  return message as T;
}
