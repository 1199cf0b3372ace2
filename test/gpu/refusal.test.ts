/** What cannot be, said at once. */
import { match, rejects } from "node:assert/strict";
import { digits } from "./cases.js";
import { deviceTest } from "./device-test.js";
import { quorate } from "./package.js";
import { on } from "./placement.js";

deviceTest("a device that is not there is refused with its name", async () => {
  await rejects(quorate.Cascade.fromSpec(on(digits.spec, "cuda:99")), (error: Error & { readonly code?: string }) => {
    match(error.message, /cuda:99/);
    return error.code === "QUORATE_ERR_DEVICE";
  });
});
