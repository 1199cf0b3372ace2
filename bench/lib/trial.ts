/** The process of one trial: `trial.js SUITE [smoke]`; gives its figures to the parent. */
import { loadSuite } from "../suites/index.js";

const [name = "", mode] = process.argv.slice(2);
const suite = await loadSuite(name);
const trial = await suite.run(mode === "smoke");
process.send?.(trial, () => process.exit(0));
