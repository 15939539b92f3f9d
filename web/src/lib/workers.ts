/**
 * Threads, from scripts of our own alone. The server's policy demands trusted types: a text becomes
 * a program here, by this one policy, or nowhere.
 *
 * A script's address comes from `import address from "./name.worker.ts?worker&url"`.
 */

interface Policy {
  createScriptURL(address: string): string;
}

interface TrustedTypes {
  createPolicy(name: string, rules: Policy): Policy;
}

/** The name stands in the server's headers too. */
const POLICY = "csb-workers";

const trustedTypes = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
const rules: Policy = { createScriptURL: ours };
const policy = trustedTypes?.createPolicy(POLICY, rules) ?? rules;

export function startWorker(script: string): Worker {
  return new Worker(policy.createScriptURL(script), { type: "module" });
}

function ours(script: string): string {
  const address = new URL(script, document.baseURI);
  if (address.origin !== location.origin) throw new TypeError("A thread runs our own scripts only.");
  return address.href;
}
