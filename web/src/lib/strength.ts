/** How hard a password is to guess. The dictionaries are long: load this module when needed. */

import { ZxcvbnFactory } from "@zxcvbn-ts/core";
import { adjacencyGraphs, dictionary } from "@zxcvbn-ts/language-common";
// The packages' own entries would bring every name and every word of an encyclopaedia along.
import german from "@zxcvbn-ts/language-de/dist/commonWords.json.esm.js";
import english from "@zxcvbn-ts/language-en/dist/commonWords.json.mjs";

const estimator = new ZxcvbnFactory({
  dictionary: { ...dictionary, english, german },
  graphs: adjacencyGraphs,
});

/** From 0, guessed at once, to 4. `known`: what an attacker would try first. */
export function estimateStrength(password: string, known: string[]): number {
  // Beyond 100 characters nothing changes, and the estimate would take long.
  return estimator.check(password.slice(0, 100), known).score;
}
