import { expect, test } from "vitest";

import { GERMAN_WORDS } from "./germanWords";
import { makePassphrase } from "./passphrase";

test("the German words are plain, different, and as many as they should be", () => {
  expect(new Set(GERMAN_WORDS).size).toBe(1296);
  expect(GERMAN_WORDS.filter((word) => !/^[a-z]{4,9}$/.test(word))).toEqual([]);
});

test("a passphrase has enough words, and says how many guesses it takes", () => {
  expect(makePassphrase("en").text.split(" ")).toHaveLength(5);
  expect(makePassphrase("en").bits).toBe(64);
  expect(makePassphrase("de").text.split(" ")).toHaveLength(6);
  expect(makePassphrase("de").bits).toBe(62);
});

test("no two passphrases are alike, and every part of the list is drawn from", () => {
  const made = Array.from({ length: 500 }, () => makePassphrase("de").text);

  expect(new Set(made).size).toBe(500);
  const places = made.flatMap((text) => text.split(" ").map((word) => GERMAN_WORDS.indexOf(word)));
  const sixths = new Set(places.map((place) => Math.floor((place * 6) / GERMAN_WORDS.length)));
  expect(sixths).toEqual(new Set([0, 1, 2, 3, 4, 5]));
});
