import { expect, test } from "vitest";

import { clock, hoursOf, minuteOf, windowsOf, type Quiet } from "./hours";

const EVERY = [0, 1, 2, 3, 4, 5, 6];

function week(...quiet: number[]): Quiet[] {
  return Array.from({ length: 168 }, (_, hour) => (quiet.includes(hour) ? "whole" : "no"));
}

test("nights over midnight, also from Sunday to Monday, are one window", () => {
  const night = { begin: 22 * 60, end: 7 * 60, days: EVERY };

  const hours = hoursOf([night]);

  expect(hours[0]).toBe("whole");
  expect(hours[7]).toBe("no");
  expect(windowsOf(hours)).toEqual([night]);
});

test("a window that begins in the middle of an hour covers a part of it", () => {
  const hours = hoursOf([{ begin: 8 * 60 + 30, end: 10 * 60, days: [2] }]);

  expect(hours[2 * 24 + 8]).toBe("part");
  expect(hours[2 * 24 + 9]).toBe("whole");
});

test("days that are alike share a window, others have their own", () => {
  const found = windowsOf(week(9, 24 + 9, 48 + 13));

  expect(found).toEqual([
    { begin: 540, end: 600, days: [0, 1] },
    { begin: 780, end: 840, days: [2] },
  ]);
});

test("any week comes back as it was, however long it is quiet", () => {
  let seed = 7;
  for (let round = 0; round < 200; round += 1) {
    const hours = Array.from({ length: 168 }, (): Quiet => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % (2 + (round % 40)) === 0 ? "no" : "whole";
    });

    expect(hoursOf(windowsOf(hours))).toEqual(hours);
  }
});

test("a whole week is seven whole days, and none is nothing", () => {
  expect(windowsOf(week(...Array.from({ length: 168 }, (_, at) => at)))).toEqual([
    { begin: 0, end: 1440, days: EVERY },
  ]);
  expect(windowsOf(week())).toEqual([]);
});

test("times of day are written and read", () => {
  expect([clock(0), clock(450), clock(1440)]).toEqual(["00:00", "07:30", "00:00"]);
  expect([minuteOf("07:30"), minuteOf("00:00", true), minuteOf("")]).toEqual([450, 1440, null]);
});
