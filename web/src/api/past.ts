/** What the pages read of the past: versions, search, differences, problems. A snapshot never changes. */

import { infiniteQueryOptions } from "@tanstack/react-query";

import { api, take, type Schemas } from "./client";

export type FileVersion = Schemas["FileVersion"];
export type SearchHit = Schemas["SearchHit"];
export type ChangeEntry = Schemas["ChangeEntry"];

const PAGE = 200;

/** All versions of what lies at a path, newest first. `path`: base64url. */
export const versionsQuery = (device: string, path: string) =>
  infiniteQueryOptions({
    queryKey: ["versions", device, path],
    queryFn: ({ pageParam }) =>
      take(
        api.GET("/api/v1/devices/{device}/versions", {
          params: {
            path: { device },
            query: { path, limit: PAGE, ...(pageParam !== null && { before: pageParam }) },
          },
        }),
      ),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next_before,
    staleTime: 30_000,
  });

/** Every path with a name like this, in any snapshot: what is still there first. */
export const searchQuery = (device: string, name: string) =>
  infiniteQueryOptions({
    queryKey: ["search", device, name],
    queryFn: ({ pageParam, signal }) =>
      take(
        api.GET("/api/v1/devices/{device}/search", {
          params: {
            path: { device },
            query: { name, ...(pageParam !== null && { after: pageParam }) },
          },
          signal, // nobody waits for an answer about half a word
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 30_000,
    enabled: name !== "",
  });

/** One folder of what differs between two snapshots; nothing below it. `path`: base64url. */
export const changesQuery = (device: string, from: number, to: number, path: string) =>
  infiniteQueryOptions({
    queryKey: ["changes", device, from, to, path],
    queryFn: ({ pageParam }) =>
      take(
        api.GET("/api/v1/devices/{device}/changes", {
          params: {
            path: { device },
            query: { from, to, path, offset: pageParam, limit: PAGE },
          },
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next_offset,
    staleTime: Infinity,
  });

/** What a run could not do. */
export const reportQuery = (device: string, snapshot: number) =>
  infiniteQueryOptions({
    queryKey: ["report", device, snapshot],
    queryFn: ({ pageParam }) =>
      take(
        api.GET("/api/v1/devices/{device}/report", {
          params: { path: { device }, query: { snapshot, offset: pageParam, limit: PAGE } },
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next_offset,
    staleTime: Infinity,
  });
