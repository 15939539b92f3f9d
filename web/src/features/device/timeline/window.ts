/** The stretch of time that the timeline shows. Times are nanoseconds since 1970. */

import { DAYS } from "../moments";

export const ZOOMS = ["all", "year", "month", "week", "day"] as const;
export type Zoom = (typeof ZOOMS)[number];

export interface Window {
  start: number;
  end: number;
}

const HOUR = 3_600e9;

/** From the first moment to now, with a little air. */
export function wholeWindow(first: number, now: number): Window {
  const length = Math.max(now - first, HOUR);
  return { start: first - length * 0.02, end: now + length * 0.02 };
}

/** The zooms that show less than everything. */
export function usefulZooms(whole: Window): Zoom[] {
  return ZOOMS.filter((zoom) => zoom === "all" || DAYS[zoom] < whole.end - whole.start);
}

/** As long as the zoom says, around a time, within the whole. */
export function windowAround(at: number, zoom: Zoom, whole: Window): Window {
  if (zoom === "all") return whole;
  return within({ start: at - DAYS[zoom] / 2, end: at + DAYS[zoom] / 2 }, whole);
}

/** The same length, not beyond the ends of the whole. */
export function within(window: Window, whole: Window): Window {
  const length = Math.min(window.end - window.start, whole.end - whole.start);
  const start = Math.min(Math.max(window.start, whole.start), whole.end - length);
  return { start, end: start + length };
}

/** Earlier (-1) or later (1) by most of what is shown. */
export function turned(window: Window, by: number, whole: Window): Window {
  const step = (window.end - window.start) * 0.8 * by;
  return within({ start: window.start + step, end: window.end + step }, whole);
}

/** The window moved just as far as it needs to show a time. */
export function showing(window: Window, at: number, whole: Window): Window {
  const length = window.end - window.start;
  if (at < window.start) return within({ start: at - length / 4, end: at + (length * 3) / 4 }, whole);
  if (at > window.end) return within({ start: at - (length * 3) / 4, end: at + length / 4 }, whole);
  return window;
}

export function toX(at: number, window: Window, width: number): number {
  return ((at - window.start) / (window.end - window.start)) * width;
}

export function toTime(x: number, window: Window, width: number): number {
  return window.start + (x / width) * (window.end - window.start);
}
