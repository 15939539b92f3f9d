/** Moments that a person may want to compare with. */

import type { SnapshotInfo } from "../../../api/client";
import { DAYS } from "../moments";

export type Earlier = "before" | "day" | "week" | "month" | "year" | "first";

/** Each moment once, under the nearest name for it. */
export function earlierChoices(
  moments: SnapshotInfo[],
  chosen: SnapshotInfo,
): { kind: Earlier; moment: SnapshotInfo }[] {
  const earlier = moments.filter((one) => one.sequence < chosen.sequence);
  const ago = (length: number) =>
    earlier.findLast((one) => one.received <= chosen.received - length);
  const wanted: [Earlier, SnapshotInfo | undefined][] = [
    ["before", earlier.at(-1)],
    ["day", ago(DAYS.day)],
    ["week", ago(DAYS.week)],
    ["month", ago(DAYS.month)],
    ["year", ago(DAYS.year)],
    ["first", earlier[0]],
  ];
  const found: { kind: Earlier; moment: SnapshotInfo }[] = [];
  for (const [kind, moment] of wanted) {
    if (moment && found.every((one) => one.moment !== moment)) found.push({ kind, moment });
  }
  return found;
}
