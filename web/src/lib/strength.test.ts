import { expect, test } from "vitest";

import { estimateStrength } from "./strength";

test("words of either language are guessed early", () => {
  expect(estimateStrength("correct horse", [])).toBeLessThan(4);
  expect(estimateStrength("password123", [])).toBe(0);
  expect(estimateStrength("geheimnis1", [])).toBeLessThan(2);
});

test("five unrelated words are strong", () => {
  expect(estimateStrength("lantern cobalt feather mosaic orchard", [])).toBe(4);
});

test("the account's own name does not help", () => {
  expect(estimateStrength("annaannaanna", ["anna"])).toBeLessThan(2);
});
