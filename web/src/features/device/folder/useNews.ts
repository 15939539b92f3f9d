/** What is new in a folder since the snapshot before. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { changesQuery } from "../../../api/past";
import { shownChange, type ChangeKind } from "../changes/ChangeMark";

/** `before`: the number of the snapshot before; null if there is none, and all would be new. */
export function useNews(
  device: string,
  before: number | null,
  sequence: number,
  path: string,
): ReadonlyMap<string, ChangeKind> {
  const query = useInfiniteQuery({
    ...changesQuery(device, before ?? 0, sequence, path),
    enabled: before !== null,
  });
  return useMemo(() => {
    const entries = query.data?.pages.flatMap((page) => page.entries) ?? [];
    return new Map(entries.map((one) => [one.name_bytes, shownChange(one)]));
  }, [query.data]);
}
