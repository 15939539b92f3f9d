/** Days on which nothing was backed up. */

import { toDate } from "../../../lib/times";
import type { Window } from "./window";

export interface Gap extends Window {
  days: number;
}

/**
 * Whole local days between two backups, or after the last one, without any. `received`: of all that
 * ever were, expired ones too, oldest first. The day that is not over yet does not count.
 */
export function gapsOf(received: number[], now: number): Gap[] {
  const found: Gap[] = [];
  received.forEach((at, index) => {
    const gap = gapBetween(at, received[index + 1] ?? now);
    if (gap) found.push(gap);
  });
  return found;
}

const LEAST = 86_400e9; // less than a day apart: there is no whole day between

function gapBetween(before: number, after: number): Gap | null {
  if (after - before < LEAST) return null;
  const start = startOfDay(before, 1);
  const end = startOfDay(after, 0);
  const days = Math.round((end - start) / LEAST);
  return days < 1 ? null : { start, end, days };
}

/** Midnight of a time's day, or of one some days later; true also where clocks are changed. */
function startOfDay(at: number, later: number): number {
  const date = toDate(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + later).getTime() * 1e6;
}
