/**
 * The entries of one folder of one snapshot.
 *
 * A usual folder is gathered whole, and put in order here. Of a very long one only the pages in
 * sight are fetched, in the server's order: there are holes in between.
 */

import { useQueries, useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";

import type { ListingEntry } from "../../../api/client";
import { folderQuery, LISTING_PAGE, listingQuery } from "../../../api/queries";
import { sorted, type Sorting } from "./sorting";

/** Of a longer folder the server puts only so many in the order of sizes or times. */
const MOST_SORTED = 20_000;

export interface Folder {
  /** As long as the folder; undefined where a page is still to come. */
  entries: (ListingEntry | undefined)[];
  isWhole: boolean;
  /** How many there are, where `entries` are only the first of them. */
  total: number;
  isPending: boolean;
  /** What is shown is of the moment before, until this one's entries are here. */
  isOld: boolean;
  error: Error | null;
  retry: () => void;
  /** Say which rows are in sight. */
  look: (first: number, last: number) => void;
}

const NOTHING: ListingEntry[] = [];

export function useFolder(
  device: string,
  snapshot: number,
  path: string,
  sorting: Sorting,
): Folder {
  const query = useQuery({
    ...folderQuery(device, snapshot, path),
    placeholderData: (before, of) => (of?.queryKey[3] === path ? before : undefined),
  });
  const { entries: loaded = NOTHING, total = 0, isWhole = true } = query.data ?? {};
  const whole = useMemo(() => (isWhole ? sorted(loaded, sorting) : NOTHING), [loaded, isWhole, sorting]);
  const shown = sorting.by === "name" ? total : Math.min(total, MOST_SORTED);
  const long = useLongFolder(device, snapshot, path, isWhole ? 0 : shown, sorting);
  return {
    entries: isWhole ? whole : long.entries,
    isWhole,
    total,
    isPending: query.isPending,
    isOld: query.isPlaceholderData,
    error: query.error ?? long.error,
    retry: () => void query.refetch(),
    look: long.look,
  };
}

function useLongFolder(
  device: string,
  snapshot: number,
  path: string,
  total: number,
  sorting: Sorting,
) {
  const [sight, setSight] = useState({ path, first: 0, last: 0 });
  const { first, last } = sight.path === path ? sight : { first: 0, last: 0 };
  const offsets = total === 0 ? [] : pagesBetween(first, last);
  const { pages, error } = useQueries({
    queries: offsets.map((offset) =>
      listingQuery(device, snapshot, path, {
        offset,
        sort: sorting.by,
        descending: sorting.descending ? 1 : 0,
        folders_first: 1,
      }),
    ),
    combine: (found) => ({
      pages: found.map((one) => one.data?.entries),
      error: found.find((one) => one.error)?.error ?? null,
    }),
  });
  const start = offsets[0] ?? 0;
  const entries = useMemo(() => spread(total, start, pages), [total, start, pages]);
  const look = useCallback(
    (from: number, to: number) => {
      const [firstPage, lastPage] = [pageOf(from), pageOf(to)];
      setSight((now) =>
        now.path === path && now.first === firstPage && now.last === lastPage
          ? now
          : { path, first: firstPage, last: lastPage },
      );
    },
    [path],
  );
  return { entries, error, look };
}

const pageOf = (row: number) => Math.floor(row / LISTING_PAGE);

function pagesBetween(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => (first + at) * LISTING_PAGE);
}

function spread(
  total: number,
  start: number,
  pages: (ListingEntry[] | undefined)[],
): (ListingEntry | undefined)[] {
  const all = Array.from<ListingEntry | undefined>({ length: total });
  pages.forEach((page, at) => {
    page?.forEach((entry, index) => {
      all[start + at * LISTING_PAGE + index] = entry;
    });
  });
  return all;
}
