/** The process of one trial: `trial.js SUITE [smoke]`; gives its figures to the parent. */
import { suites } from "../suites/index.js";

const [name, mode] = process.argv.slice(2);
const suite = suites.find((candidate) => candidate.name === name);
if (suite === undefined) throw new Error(`there is no suite "${String(name)}"`);
const trial = await suite.run(mode === "smoke");
process.send?.(trial, () => process.exit(0));
