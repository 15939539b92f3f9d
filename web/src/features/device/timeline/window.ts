/** The stretch of time that the timeline shows. Times are nanoseconds since 1970. */

import { DAYS } from "../moments";

export const ZOOMS = ["all", "year", "month", "week", "day"] as const;
export type Zoom = (typeof ZOOMS)[number];

export interface Window {
  start: number;
  end: number;
}

/** What there is to show: from the first moment to now. */
export interface Known {
  first: number;
  now: number;
}

const HOUR = 3_600e9;
const AIR = 0.02;

const lengthOf = (known: Known) => Math.max(known.now - known.first, HOUR);

/** All of it, with a little air at both ends. */
export function wholeWindow(known: Known): Window {
  const length = lengthOf(known);
  return { start: known.now - length * (1 + AIR), end: known.now + length * AIR };
}

/** The zooms that show less than everything. */
export function usefulZooms(known: Known): Zoom[] {
  return ZOOMS.filter((zoom) => zoom === "all" || DAYS[zoom] < lengthOf(known));
}

/** As long as the zoom says, around a time. */
export function windowAround(at: number, zoom: Zoom, known: Known): Window {
  if (zoom === "all") return wholeWindow(known);
  return within({ start: at - DAYS[zoom] / 2, end: at + DAYS[zoom] / 2 }, known);
}

/** The same length, not beyond what is known. */
export function within(window: Window, known: Known): Window {
  const length = window.end - window.start;
  const earliest = known.first - length * AIR;
  const latest = known.now + length * (AIR - 1);
  const start = Math.max(Math.min(window.start, latest), earliest);
  return { start, end: start + length };
}

/** Earlier (-1) or later (1) by most of what is shown. */
export function turned(window: Window, by: number, known: Known): Window {
  const step = (window.end - window.start) * 0.8 * by;
  return within({ start: window.start + step, end: window.end + step }, known);
}

/** The window moved just as far as it needs to show a time. */
export function showing(window: Window, at: number, known: Known): Window {
  const length = window.end - window.start;
  if (at < window.start) return within({ start: at - length / 4, end: at + (length * 3) / 4 }, known);
  if (at > window.end) return within({ start: at - (length * 3) / 4, end: at + length / 4 }, known);
  return window;
}

export function toX(at: number, window: Window, width: number): number {
  return ((at - window.start) / (window.end - window.start)) * width;
}

export function toTime(x: number, window: Window, width: number): number {
  return window.start + (x / width) * (window.end - window.start);
}
