/** The marks of the time axis: whole hours, days, months or years, as many as there is room for. */

import { formatterOf } from "../../../lib/times";
import type { Window } from "./window";

export interface Tick {
  at: number;
  text: string;
}

interface Step {
  unit: "hour" | "day" | "month" | "year";
  count: number;
  /** About how long. */
  seconds: number;
}

const HOUR = 3600;
const DAY = 24 * HOUR;
const STEPS: Step[] = [
  ...[1, 3, 6, 12].map((count) => ({ unit: "hour" as const, count, seconds: count * HOUR })),
  ...[1, 2, 7].map((count) => ({ unit: "day" as const, count, seconds: count * DAY })),
  ...[1, 3, 6].map((count) => ({ unit: "month" as const, count, seconds: count * 30 * DAY })),
  ...[1, 2, 5, 10].map((count) => ({ unit: "year" as const, count, seconds: count * 365 * DAY })),
];

export function ticksOf(window: Window, width: number, room: number, locale: string): Tick[] {
  const seconds = (window.end - window.start) / 1e9;
  const most = Math.max(width / room, 1);
  const step = STEPS.find((one) => seconds / one.seconds <= most) ?? STEPS.at(-1)!;
  const found: Tick[] = [];
  let date = firstOf(new Date(window.start / 1e6), step);
  while (date.getTime() * 1e6 <= window.end) {
    const at = date.getTime() * 1e6;
    if (at >= window.start) found.push({ at, text: textOf(date, step, locale) });
    date = after(date, step);
  }
  return found;
}

/** The last whole step at or before a time. */
function firstOf(date: Date, { unit, count }: Step): Date {
  const [year, month, day, hour] = partsOf(date);
  if (unit === "year") return new Date(year - (year % count), 0);
  if (unit === "month") return new Date(year, month - (month % count));
  if (unit === "day") return new Date(year, month, count === 7 ? day - ((date.getDay() + 6) % 7) : day);
  return new Date(year, month, day, hour - (hour % count));
}

/** Counted in local time, so that days stay whole where clocks are changed. */
function after(date: Date, { unit, count }: Step): Date {
  const [year, month, day, hour] = partsOf(date);
  if (unit === "year") return new Date(year + count, 0);
  if (unit === "month") return new Date(year, month + count);
  if (unit === "day") return new Date(year, month, day + count);
  const next = new Date(year, month, day, hour + count);
  return next > date ? next : new Date(date.getTime() + count * HOUR * 1000);
}

function partsOf(date: Date): [number, number, number, number] {
  return [date.getFullYear(), date.getMonth(), date.getDate(), date.getHours()];
}

function textOf(date: Date, { unit }: Step, locale: string): string {
  return formatterOf(locale, shapeOf(date, unit)).format(date);
}

/** At the start of a longer time, that is named: midnight gives the day, January the year. */
function shapeOf(date: Date, unit: Step["unit"]): Intl.DateTimeFormatOptions {
  if (unit === "year" || (unit === "month" && date.getMonth() === 0)) return { year: "numeric" };
  if (unit === "month") return { month: "short" };
  if (unit === "hour" && date.getHours() !== 0) return { timeStyle: "short" };
  return { day: "numeric", month: "short" };
}
