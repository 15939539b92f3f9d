/** The moment nearest to another at which something was there. */

import type { FileVersion } from "../../../api/past";

export interface Near {
  sequence: number;
  received: number;
}

/** Before rather than after: what was lost lies in the past. Null if it was never there. */
export function nearestWith(versions: FileVersion[], sequence: number): Near | null {
  const there = versions.filter((one) => one.change !== "removed");
  const before = there.find((one) => one.until_sequence < sequence);
  if (before) return { sequence: before.until_sequence, received: before.until_received };
  const after = there.findLast((one) => one.sequence > sequence);
  return after ? { sequence: after.sequence, received: after.received } : null;
}
