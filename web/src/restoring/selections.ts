/** How much a person chose, and what it is called. */

import type { Chosen, Selection } from "../vault/types";

export interface Totals {
  files: number;
  bytes: number;
}

export function totalsOf({ items }: Selection): Totals {
  return items.reduce(
    ({ files, bytes }, item) => ({ files: files + filesIn(item), bytes: bytes + item.size }),
    { files: 0, bytes: 0 },
  );
}

function filesIn(item: Chosen): number {
  return item.kind === "folder" ? item.files : 1;
}
