/** The entries of a folder, gathered page by page and put in the order people expect. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";

import type { ListingEntry } from "../../api/client";
import { listingQuery } from "../../api/queries";

/** Up to so many entries are fetched at once, and then folders come first. */
const GATHERED = 5000;

export interface Folder {
  entries: ListingEntry[];
  total: number;
  loadMore: (() => void) | null;
  isPending: boolean;
  error: Error | null;
  retry: () => void;
}

export function useFolder(device: string, snapshot: number, path: string): Folder {
  const query = useInfiniteQuery(listingQuery(device, snapshot, path));
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const total = query.data?.pages[0]?.total ?? 0;
  const loaded = useMemo(() => query.data?.pages.flatMap((page) => page.entries) ?? [], [query.data]);
  const gathering = hasNextPage && total <= GATHERED;

  useEffect(() => {
    if (gathering && !isFetchingNextPage) void fetchNextPage();
  }, [gathering, isFetchingNextPage, fetchNextPage]);

  const entries = useMemo(
    () => (total <= GATHERED ? loaded.toSorted(foldersFirst) : loaded),
    [loaded, total],
  );
  return {
    entries,
    total,
    loadMore: hasNextPage && !isFetchingNextPage && !gathering ? () => void fetchNextPage() : null,
    isPending: query.isPending || gathering,
    error: query.error,
    retry: () => void query.refetch(),
  };
}

const collator = new Intl.Collator(undefined, { numeric: true });

const rank = (entry: ListingEntry) => (entry.kind === "folder" ? 0 : 1);

function foldersFirst(one: ListingEntry, other: ListingEntry): number {
  return rank(one) - rank(other) || collator.compare(one.name, other.name);
}
