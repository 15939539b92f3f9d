/** The moments of a device, oldest first, and the way from one to another. */

import type { SnapshotInfo } from "../../api/client";

const DAY_NS = 86_400e9;
export const DAYS = { day: DAY_NS, week: 7 * DAY_NS, month: 30 * DAY_NS, year: 365 * DAY_NS };

/** What somebody sees first: the newest that a run finished, or the newest of all. */
export function firstShown(moments: SnapshotInfo[]): SnapshotInfo | undefined {
  return moments.findLast((one) => !one.partial) ?? moments.at(-1);
}

/** The moment of that number; if it has expired, the nearest one that is still there. */
export function momentOf(moments: SnapshotInfo[], sequence: number): SnapshotInfo | undefined {
  const before = moments.findLast((one) => one.sequence <= sequence);
  return before ?? moments[0];
}

/** Where in `moments` the one nearest to a time stands. */
export function nearest(moments: SnapshotInfo[], at: number): number {
  const after = firstAtOrAfter(moments, at);
  if (after === 0) return 0;
  if (after === moments.length) return moments.length - 1;
  const before = after - 1;
  return at - moments[before]!.received <= moments[after]!.received - at ? before : after;
}

/** Where the first that was received at or after a time stands; their number if there is none. */
export function firstAtOrAfter(moments: { received: number }[], at: number): number {
  let low = 0;
  let high = moments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (moments[middle]!.received < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** From `index` on by some nanoseconds: at least one moment on, never beyond the ends. */
export function stepped(moments: SnapshotInfo[], index: number, by: number): number {
  const reached = nearest(moments, moments[index]!.received + by);
  const least = by > 0 ? index + 1 : index - 1;
  const wanted = by > 0 ? Math.max(reached, least) : Math.min(reached, least);
  return Math.min(Math.max(wanted, 0), moments.length - 1);
}

/** How many problems a run had. */
export function problemsOf(snapshot: SnapshotInfo): number {
  return snapshot.problems.reduce((sum, one) => sum + one.count, 0);
}
