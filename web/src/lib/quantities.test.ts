import { expect, test } from "vitest";

import { formatBytes, formatShare } from "./quantities";
import { duration, relative } from "./times";

test("sizes have three digits at most and move to the next unit in time", () => {
  expect(formatBytes(0, "en")).toBe("0\u00a0B");
  expect(formatBytes(999, "en")).toBe("999\u00a0B");
  expect(formatBytes(1536, "en")).toBe("1.5\u00a0kB");
  expect(formatBytes(999_999, "en")).toBe("1\u00a0MB");
  expect(formatBytes(14_200_000_000, "de")).toBe("14,2\u00a0GB");
});

test("a share is 100 % only when nothing is missing", () => {
  expect(formatShare(0.99999, "en")).toBe("99.9%");
  expect(formatShare(1, "en")).toBe("100%");
});

test("times are told from now", () => {
  const now = new Date("2026-11-23T12:00:00Z");

  expect(relative(new Date("2026-11-23T11:59:40Z"), now, "en", "just now")).toBe("just now");
  expect(relative(new Date("2026-11-23T11:55:00Z"), now, "en", "just now")).toBe("5 minutes ago");
  expect(relative(new Date("2026-11-22T11:00:00Z"), now, "de", "gerade eben")).toBe("gestern");
  expect(relative(new Date("2026-10-19T11:00:00Z"), now, "en", "just now")).toBe("5 weeks ago");
});

test("a duration is told in the largest unit that leaves two of it", () => {
  expect(duration(36 * 3600, "en")).toBe("36 hours");
  expect(duration(3 * 86_400, "en")).toBe("3 days");
});
