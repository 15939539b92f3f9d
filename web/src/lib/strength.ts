/** How hard a password is to guess. The dictionaries are long: load this module when needed. */

import { ZxcvbnFactory } from "@zxcvbn-ts/core";
import * as common from "@zxcvbn-ts/language-common";

const estimator = new ZxcvbnFactory({
  dictionary: { ...common.dictionary },
  graphs: common.adjacencyGraphs,
});

/** From 0, guessed at once, to 4. `known`: what an attacker would try first. */
export function estimateStrength(password: string, known: string[]): number {
  // Beyond 100 characters nothing changes, and the estimate would take long.
  return estimator.check(password.slice(0, 100), known).score;
}
