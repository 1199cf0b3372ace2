/** `loading-probe.js CASE`: sends how long this fresh process takes to load the models of the digits cascade, twice. */
import { digitsSpec } from "./digits.js";
import type { Metrics } from "./suite.js";

/** Loads the package; gives what loads all models. */
type Importer = () => Promise<() => Promise<unknown>>;

const spec = digitsSpec();

const openWithQuorate =
  (options: { readonly warmup: boolean }): Importer =>
  async () => {
    const { quorate } = await import("./quorate.js");
    return () => quorate.Cascade.fromSpec({ ...spec, ...options });
  };

const openWithRuntime =
  (threads: "one" | "default"): Importer =>
  async () => {
    const { openSession } = await import("./js-cascade.js");
    const members = spec.tiers.flatMap((tier) => tier.members);
    return () => Promise.all(members.map((member) => openSession(member, threads)));
  };

const cases: Record<string, Importer> = {
  quorate: openWithQuorate({ warmup: true }),
  "quorate-cold": openWithQuorate({ warmup: false }),
  "js-one": openWithRuntime("one"),
  "js-default": openWithRuntime("default"),
};

const importer = cases[process.argv[2] ?? ""];
if (importer !== undefined) {
  const start = performance.now();
  const open = await importer();
  const imported = performance.now();
  // The first stays open: what the second shares with it is what this is about.
  const held = [await open()];
  const opened = performance.now();
  held.push(await open());
  const metrics: Metrics = {
    "import ms": imported - start,
    "first ms": opened - imported,
    "import + first ms": opened - start,
    "second ms": performance.now() - opened,
  };
  process.send?.(metrics, () => process.exit(0));
}
