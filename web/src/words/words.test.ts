import { expect, test } from "vitest";

import { de } from "./de";
import { en } from "./en";

/** Every word with its place, like `door.steps.0.title`. */
function places(words: object, prefix = ""): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [key, value] of Object.entries(words)) {
    if (typeof value === "object" && value !== null) {
      for (const [place, word] of places(value, `${prefix}${key}.`)) found.set(place, word);
    } else {
      found.set(prefix + key, value);
    }
  }
  return found;
}

const SAME_IN_BOTH = new Set([
  "product",
  "shell.server",
  "client.yourName",
  "client.wheelHash",
  "devices.system",
  "devices.version",
  "account.name",
  "browser.name",
  "kit.server",
  "admin.serverTitle",
  "admin.version",
  "admin.packs",
  "settings.limits.unit.kB",
  "settings.limits.unit.MB",
]);

test("German and English have the same words, none left out", () => {
  const english = places(en);
  const german = places(de);

  expect([...german.keys()].toSorted()).toEqual([...english.keys()].toSorted());
});

test("no word is empty, and none was left untranslated", () => {
  const english = places(en);

  for (const [place, word] of places(de)) {
    expect(word, place).not.toBe("");
    if (typeof word === "string" && !SAME_IN_BOTH.has(place)) {
      expect(word, place).not.toBe(english.get(place));
    }
  }
});

test("words that take numbers take the same ones in both languages", () => {
  const english = places(en);

  for (const [place, word] of places(de)) {
    if (typeof word !== "function") continue;
    const other = english.get(place) as (...given: unknown[]) => string;
    expect(other.length, place).toBe(word.length);
  }
});
