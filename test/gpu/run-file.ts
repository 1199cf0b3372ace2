/** The process of one file of tests: `run-file.js FILE`; tells its parent what it begins and how that ends. */
import { pathToFileURL } from "node:url";
import { runTests } from "./device-test.js";

const [file = ""] = process.argv.slice(2);
await import(pathToFileURL(file).href);
await runTests(
  (name) => process.send?.({ started: name }),
  (outcome) => process.send?.({ outcome }),
);
// Nothing else should keep the process alive.
process.disconnect();
