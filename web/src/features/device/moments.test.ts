import { expect, test } from "vitest";

import { DAYS, firstShown, momentOf, nearest, stepped } from "./moments";
import { snapshot } from "./samples";

const days = [1, 2, 3, 10, 11].map((number) => snapshot(number));

test("the newest finished snapshot is shown first, not a checkpoint after it", () => {
  expect(firstShown([...days, snapshot(12, { partial: true })])?.sequence).toBe(11);
  expect(firstShown([snapshot(1, { partial: true })])?.sequence).toBe(1);
  expect(firstShown([])).toBeUndefined();
});

test("in place of a moment that has expired stands the one before, or the oldest", () => {
  expect(momentOf(days, 5)?.sequence).toBe(3);
  expect(momentOf(days.slice(2), 1)?.sequence).toBe(3);
});

test("a time is nearest to the moment on its closer side", () => {
  expect(nearest(days, 6 * DAYS.day)).toBe(2);
  expect(nearest(days, 7 * DAYS.day)).toBe(3);
  expect(nearest(days, 0)).toBe(0);
  expect(nearest(days, 99 * DAYS.day)).toBe(4);
});

test("a step of a day goes over a gap to the next moment, and stops at the ends", () => {
  expect(stepped(days, 2, DAYS.day)).toBe(3);
  expect(stepped(days, 3, -DAYS.day)).toBe(2);
  expect(stepped(days, 0, -DAYS.week)).toBe(0);
  expect(stepped(days, 0, DAYS.week)).toBe(3);
  expect(stepped(days, 4, DAYS.day)).toBe(4);
});
