/** In which order a folder's entries stand. */

import type { ListingEntry } from "../../../api/client";

export type SortBy = "name" | "size" | "time";

export interface Sorting {
  by: SortBy;
  descending: boolean;
}

export const BY_NAME: Sorting = { by: "name", descending: false };

/** A click on a column: its own first direction, then the other. Large and new stand first. */
export function sortingAfter(now: Sorting, by: SortBy): Sorting {
  if (now.by === by) return { by, descending: !now.descending };
  return { by, descending: by !== "name" };
}

const collator = new Intl.Collator(undefined, { numeric: true });

type Compare = (one: ListingEntry, other: ListingEntry) => number;

const COMPARE: Record<SortBy, Compare> = {
  name: (one, other) => collator.compare(one.name, other.name),
  size: (one, other) => one.size - other.size,
  time: (one, other) => one.mtime - other.mtime,
};

const rank = (entry: ListingEntry) => (entry.kind === "folder" ? 0 : 1);

/** Folders first, whatever the order. */
export function sorted(entries: ListingEntry[], { by, descending }: Sorting): ListingEntry[] {
  const direction = descending ? -1 : 1;
  return entries.toSorted(
    (one, other) =>
      rank(one) - rank(other) || direction * COMPARE[by](one, other) || COMPARE.name(one, other),
  );
}
