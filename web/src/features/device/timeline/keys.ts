/** What the keys of the slider do: a snapshot, a day, a week, to the ends. */

import type { SnapshotInfo } from "../../../api/client";
import { DAYS, stepped } from "../moments";

interface Pressed {
  key: string;
  shiftKey: boolean;
}

/** Where the slider stands after a key; null if the key is none of its own. */
export function indexAfter(
  { key, shiftKey }: Pressed,
  index: number,
  moments: SnapshotInfo[],
): number | null {
  const last = moments.length - 1;
  const page = shiftKey ? DAYS.week : DAYS.day;
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return Math.max(index - 1, 0);
    case "ArrowRight":
    case "ArrowUp":
      return Math.min(index + 1, last);
    case "PageDown":
      return stepped(moments, index, -page);
    case "PageUp":
      return stepped(moments, index, page);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return null;
  }
}
