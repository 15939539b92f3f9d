/** The threads of this page: every one is started here, and none from anywhere else. */

// What Vite makes of these is the address of a script of ours.
// oxlint-disable import/default
import keys from "./keys.worker.ts?worker&url";
import opening from "./opening/opening.worker.ts?worker&url";

const SCRIPTS = { keys, opening };

/** A fresh thread. This is the one place that turns an address into a script that runs. */
export function startWorker(name: keyof typeof SCRIPTS): Worker {
  return new Worker(SCRIPTS[name], { type: "module" });
}
