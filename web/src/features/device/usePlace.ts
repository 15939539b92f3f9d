/** Where the address says that somebody is, and the ways to change that. */

import { useCallback, useMemo } from "react";
import { useLocation, useSearch } from "wouter";

import type { Scope } from "../../api/queries";
import { addressOf, readPlace, type Place } from "./place";

export function usePlace(
  scope: Scope,
  device: string,
  snapshot: string | undefined,
  path: string | undefined,
) {
  const [, navigate] = useLocation();
  const search = useSearch();
  const base = `${scope === "all" ? "/admin" : ""}/devices/${device}`;
  const place = useMemo(() => readPlace(snapshot, path, search), [snapshot, path, search]);
  const address = useCallback(
    (change: Partial<Place>) => addressOf(base, { ...place, ...change }),
    [base, place],
  );
  const go = useCallback(
    (change: Partial<Place>) => navigate(address(change), { replace: isScrubbing(change) }),
    [navigate, address],
  );
  return { place, address, go };
}

/** Moments that were passed by, and half words, are no steps that somebody wants to go back. */
function isScrubbing(change: Partial<Place>): boolean {
  const [only, ...more] = Object.keys(change);
  return more.length === 0 && (only === "sequence" || only === "since" || only === "search");
}
