import { expect, test } from "vitest";

import { DAYS } from "../moments";
import { snapshot } from "../samples";
import { barsOf, columns, heightScale } from "./bars";
import { gapsOf } from "./gaps";
import { indexAfter } from "./keys";
import { ticksOf } from "./ticks";
import { showing, toX, turned, usefulZooms, wholeWindow, windowAround, within } from "./window";

const DAY = DAYS.day;
const at = (...parts: [number, number, number, number?]) =>
  new Date(parts[0], parts[1] - 1, parts[2], parts[3] ?? 12).getTime() * 1e6;

test("all of the time is from the first moment to now, with a little air", () => {
  const whole = wholeWindow({ first: 100 * DAY, now: 200 * DAY });

  expect(whole.start).toBeLessThan(100 * DAY);
  expect(whole.end).toBeGreaterThan(200 * DAY);
  expect(toX(150 * DAY, whole, 1000)).toBeCloseTo(500);
});

test("only zooms that show less than everything are offered", () => {
  expect(usefulZooms({ first: 0, now: 40 * DAY })).toEqual(["all", "month", "week", "day"]);
  expect(usefulZooms({ first: 0, now: 0 })).toEqual(["all"]);
});

test("a window stays within what is known, and follows the moment", () => {
  const known = { first: 0, now: 1000 * DAY };
  const week = windowAround(1000 * DAY, "week", known);

  expect(week.end - week.start).toBeCloseTo(7 * DAY);
  expect(week.end).toBeLessThan(1001 * DAY);
  expect(turned(week, 1, known)).toEqual(week);
  expect(turned(week, -1, known).end).toBeLessThan(week.end);
  const followed = showing(week, 500 * DAY, known);
  expect(followed.start).toBeLessThan(500 * DAY);
  expect(followed.end).toBeGreaterThan(500 * DAY);
  expect(within({ start: -99 * DAY, end: -92 * DAY }, known).start).toBeGreaterThan(-DAY);
});

test("snapshots that would lie on one another share a bar, with the worst of them", () => {
  const moments = [
    snapshot(1, { bytes_read: 10 }),
    snapshot(2, { bytes_read: 20, coverage: 0.5, problems: [{ problem: "vanished", count: 2 }] }),
    snapshot(90, { bytes_read: 5, partial: true }),
  ];

  const bars = barsOf(moments, { start: 0, end: 100 * DAY }, 100, 10);

  expect(bars).toEqual([
    { slot: 0, snapshots: 2, bytes: 30, problems: 2, coverage: 0.5, partial: false },
    { slot: 9, snapshots: 1, bytes: 5, problems: 0, coverage: 1, partial: true },
  ]);
  expect(columns(moments, { start: 0, end: 100 * DAY }, 50)).toEqual([0, 1, 45]);
});

test("a giant does not flatten what is usual, and nothing stays nothing", () => {
  const bar = { snapshots: 1, problems: 0, coverage: 1, partial: false };
  const bars = [1e6, 2e6, 1e6, 1e9, 0].map((bytes, slot) => ({ ...bar, slot, bytes }));

  const tall = heightScale(bars);

  expect(tall(1e9)).toBe(1);
  expect(tall(1e6)).toBeGreaterThan(0.05);
  expect(tall(2e6)).toBeGreaterThan(1.3 * tall(1e6));
  expect(tall(0)).toBe(0);
  expect(heightScale([])(0)).toBe(0);
});

test("whole days without a backup are gaps, the day that is not over is none", () => {
  const received = [at(2026, 3, 1), at(2026, 3, 2, 23), at(2026, 3, 6, 1)];

  const gaps = gapsOf(received, at(2026, 3, 7, 20));

  expect(gaps.map((gap) => gap.days)).toEqual([3]);
  expect(gaps[0]!.start).toBe(at(2026, 3, 3, 0));
  expect(gaps[0]!.end).toBe(at(2026, 3, 6, 0));
  expect(gapsOf(received, at(2026, 3, 9, 1)).map((gap) => gap.days)).toEqual([3, 2]);
});

const texts = (start: number, end: number) =>
  ticksOf({ start, end }, 800, 80, "en-GB").map((tick) => tick.text);

test("the axis has whole hours, days, months or years, as many as there is room for", () => {
  expect(texts(at(2025, 11, 20), at(2026, 3, 5))).toEqual(["Dec", "2026", "Feb", "Mar"]);
  expect(texts(at(2026, 3, 1, 0), at(2026, 3, 1, 9))).toContain("03:00");
  expect(texts(at(2026, 3, 1), at(2026, 3, 8)).slice(0, 3)).toEqual(["2 Mar", "3 Mar", "4 Mar"]);
  expect(texts(at(2026, 3, 1), at(2026, 3, 3)).slice(0, 3)).toEqual(["12:00", "18:00", "2 Mar"]);
  expect(texts(at(2015, 1, 1), at(2026, 1, 1)).length).toBeLessThanOrEqual(12);
});

test("the axis gets past the nights on which clocks are changed", () => {
  const spring = ticksOf({ start: at(2026, 3, 28), end: at(2026, 3, 30) }, 4000, 80, "en-GB");

  expect(spring.length).toBeGreaterThan(40);
  expect(new Set(spring.map((tick) => tick.at)).size).toBe(spring.length);
});

test("the slider's keys go by one, by days and weeks, and to the ends", () => {
  const moments = [1, 2, 3, 9, 20].map((day) => snapshot(day));
  const press = (key: string, index: number, shiftKey = false) =>
    indexAfter({ key, shiftKey }, index, moments);

  expect(press("ArrowLeft", 0)).toBe(0);
  expect(press("ArrowRight", 0)).toBe(1);
  expect(press("PageUp", 0)).toBe(1);
  expect(press("PageUp", 1, true)).toBe(3);
  expect(press("PageDown", 4)).toBe(3);
  expect(press("Home", 3)).toBe(0);
  expect(press("End", 0)).toBe(4);
  expect(press("a", 0)).toBeNull();
});
