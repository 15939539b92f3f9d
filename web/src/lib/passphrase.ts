/** Passphrases of random words. The lists are long: load this module when needed. */

import english from "@zxcvbn-ts/language-common/dist/diceware.json.mjs"; // the EFF's large list

import { GERMAN_WORDS } from "./germanWords";

interface Words {
  list: string[];
  count: number; // so that a guess costs about as much in each language
}

const WORDS: Record<"en" | "de", Words> = {
  en: { list: english as string[], count: 5 },
  de: { list: GERMAN_WORDS, count: 6 },
};

export interface Passphrase {
  text: string;
  /** How many times two an attacker who knows the list has to try, on average: 2 to the power of. */
  bits: number;
}

export function makePassphrase(language: "en" | "de"): Passphrase {
  const { list, count } = WORDS[language];
  const words = Array.from({ length: count }, () => list[below(list.length)]!);
  return { text: words.join(" "), bits: Math.floor(count * Math.log2(list.length)) };
}

/** A random number below `limit`, each as likely as any other: what lies in the last, incomplete
 * round of 2^32 is thrown again. */
function below(limit: number): number {
  const whole = 2 ** 32 - (2 ** 32 % limit);
  for (;;) {
    const [drawn] = crypto.getRandomValues(new Uint32Array(1));
    if (drawn! < whole) return drawn! % limit;
  }
}
