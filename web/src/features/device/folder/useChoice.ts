/** Which entries of the folder are ticked. They stay ticked from one moment to the next, by name. */

import { useMemo, useState } from "react";

import type { ListingEntry } from "../../../api/client";

export interface Choice {
  /** Ticked, and there at this moment. */
  entries: ListingEntry[];
  /** Ticked at another moment, and not there at this one. */
  absent: number;
  has: (entry: ListingEntry) => boolean;
  toggle: (entry: ListingEntry) => void;
  add: (entries: ListingEntry[]) => void;
  set: (entries: ListingEntry[]) => void;
  clear: () => void;
}

type Ticked = ReadonlyMap<string, ListingEntry>;
const NONE: Ticked = new Map();

const byName = (entries: ListingEntry[]) => entries.map((one) => [one.name_bytes, one] as const);

/**
 * `place`: the folder; in another one nothing is ticked. `shown`: all its entries; null where not
 * all are here, then what is ticked counts as there.
 */
export function useChoice(place: string, shown: ListingEntry[] | null): Choice {
  const [{ of, ticked: kept }, setTicked] = useState({ of: place, ticked: NONE });
  const ticked = of === place ? kept : NONE;
  const keep = (next: Ticked) => setTicked({ of: place, ticked: next });
  const entries = useMemo(
    () => shown?.filter((one) => ticked.has(one.name_bytes)) ?? [...ticked.values()],
    [shown, ticked],
  );
  return {
    entries,
    absent: ticked.size - entries.length,
    has: (entry) => ticked.has(entry.name_bytes),
    toggle: (entry) => {
      const next = new Map(ticked);
      if (!next.delete(entry.name_bytes)) next.set(entry.name_bytes, entry);
      keep(next);
    },
    add: (more) => keep(new Map([...ticked, ...byName(more)])),
    set: (only) => keep(new Map(byName(only))),
    clear: () => keep(NONE),
  };
}
