/** Quiet hours as a grid of a week's hours, and as the windows that the device keeps. */

import type { Window } from "../../api/settings";

export const DAYS = 7;
export const HOURS = 24;
const DAY_MINUTES = 24 * 60;
const WEEK = DAYS * HOURS;

/** How much of an hour is quiet: a window may begin in the middle of one. */
export type Quiet = "no" | "part" | "whole";

/** The week's hours from Monday's midnight. */
export function hoursOf(windows: Window[]): Quiet[] {
  const minutes = new Set<number>();
  for (const window of windows) {
    const length = lengthOf(window);
    for (const day of window.days) {
      const begin = day * DAY_MINUTES + window.begin;
      for (let at = begin; at < begin + length; at += 1) minutes.add(at % (DAYS * DAY_MINUTES));
    }
  }
  return Array.from({ length: WEEK }, (_, hour) => quietOf(minutes, hour * 60));
}

function quietOf(minutes: Set<number>, begin: number): Quiet {
  let count = 0;
  for (let at = begin; at < begin + 60; at += 1) count += minutes.has(at) ? 1 : 0;
  if (count === 0) return "no";
  return count === 60 ? "whole" : "part";
}

export function lengthOf({ begin, end }: Window): number {
  return end > begin ? end - begin : end - begin + DAY_MINUTES;
}

/** As few windows as say the same; those alike on several days are one. */
export function windowsOf(hours: Quiet[]): Window[] {
  const found = new Map<string, Window>();
  for (const { begin, length } of runsOf(hours.map((one) => one !== "no"))) {
    const from = (begin % HOURS) * 60;
    const end = from + length * 60;
    const window = { begin: from, end: end > DAY_MINUTES ? end - DAY_MINUTES : end };
    const key = `${window.begin} ${window.end}`;
    const known = found.get(key) ?? { ...window, days: [] };
    known.days.push(Math.floor(begin / HOURS));
    found.set(key, known);
  }
  return Array.from(found.values(), (one) => ({ ...one, days: one.days.toSorted() }));
}

/** Runs of quiet hours, over midnight and over Sunday's end, none longer than a day. */
function runsOf(quiet: boolean[]): { begin: number; length: number }[] {
  const free = quiet.indexOf(false);
  if (free === -1) return Array.from({ length: DAYS }, (_, day) => ({ begin: day * HOURS, length: HOURS }));
  const runs = [];
  let length = 0;
  for (let step = 1; step <= WEEK; step += 1) {
    const at = (free + step) % WEEK;
    if (quiet[at]) length += 1;
    if ((!quiet[at] && length > 0) || length === HOURS) {
      const end = quiet[at] ? at + 1 : at;
      runs.push({ begin: (end - length + WEEK) % WEEK, length });
      length = 0;
    }
  }
  return runs;
}

/** `450` as `07:30`, for a field of a time. */
export function clock(minute: number): string {
  const at = minute % DAY_MINUTES;
  return `${String(Math.floor(at / 60)).padStart(2, "0")}:${String(at % 60).padStart(2, "0")}`;
}

/** Of a field of a time; null while it is empty. `isEnd`: midnight is the day's end. */
export function minuteOf(text: string, isEnd = false): number | null {
  const [hour, minute] = text.split(":").map(Number);
  if (text === "" || hour === undefined || minute === undefined) return null;
  const at = hour * 60 + minute;
  return isEnd && at === 0 ? DAY_MINUTES : at;
}
