/** What the pages read from the server, kept fresh. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { api, Refusal, take, type OrderInfo } from "./client";

const SECOND = 1000;

/** Whose devices: one's own, or all of the server's. */
export type Scope = "own" | "all";

export const serverQuery = queryOptions({
  queryKey: ["server"],
  queryFn: () => take(api.GET("/api/v1/server")),
  staleTime: 60 * SECOND,
});

/** The account that is signed in, or null. */
export const accountQuery = queryOptions({
  queryKey: ["account"],
  queryFn: async () => {
    try {
      return await take(api.GET("/api/v1/account"));
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 60 * SECOND,
});

export const devicesQuery = (scope: Scope) =>
  queryOptions({
    queryKey: ["devices", scope],
    queryFn: () =>
      take(scope === "all" ? api.GET("/api/v1/admin/devices") : api.GET("/api/v1/devices")),
    select: (list) => list.devices,
    refetchInterval: 15 * SECOND,
  });

/** Newest first, without those of which only a stub is left. */
export const snapshotsQuery = (device: string) =>
  queryOptions({
    queryKey: ["snapshots", device],
    queryFn: () =>
      take(api.GET("/api/v1/devices/{device}/snapshots", { params: { path: { device } } })),
    select: (list) => list.snapshots.filter((snapshot) => !snapshot.expired).toReversed(),
    refetchInterval: 30 * SECOND,
  });

const LISTING_PAGE = 1000;

/** The folders that a snapshot backs up; a few, so they come on one page. */
export const rootsQuery = (device: string, snapshot: number) =>
  queryOptions({
    queryKey: ["roots", device, snapshot],
    queryFn: () =>
      take(
        api.GET("/api/v1/devices/{device}/listing", {
          params: { path: { device }, query: { snapshot, path: "", limit: LISTING_PAGE } },
        }),
      ),
    staleTime: Infinity,
  });

/** One folder of a snapshot, page by page. `path`: base64url of its exact bytes. */
export const listingQuery = (device: string, snapshot: number, path: string) =>
  infiniteQueryOptions({
    queryKey: ["listing", device, snapshot, path],
    queryFn: ({ pageParam }) =>
      take(
        api.GET("/api/v1/devices/{device}/listing", {
          params: {
            path: { device },
            query: { snapshot, path, offset: pageParam, limit: LISTING_PAGE },
          },
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next_offset ?? null,
    staleTime: Infinity, // a snapshot never changes
  });

export const accountsQuery = queryOptions({
  queryKey: ["accounts"],
  queryFn: () => take(api.GET("/api/v1/admin/accounts")),
  select: (list) => list.accounts,
  refetchInterval: 60 * SECOND,
});

export const statusQuery = queryOptions({
  queryKey: ["status"],
  queryFn: () => take(api.GET("/api/v1/admin/status")),
  refetchInterval: 30 * SECOND,
});

const UNDER_WAY: OrderInfo["state"][] = ["waiting", "accepted", "running"];

/** Whether a device may still carry it out, or does. */
export function isUnderWay(order: OrderInfo): boolean {
  return UNDER_WAY.includes(order.state);
}

/** One's own restore orders, newest first; looked at closely as long as one is under way. */
export const ordersQuery = queryOptions({
  queryKey: ["orders"],
  queryFn: () => take(api.GET("/api/v1/orders")),
  select: (list) => list.orders,
  refetchInterval: ({ state }) => (state.data?.orders.some(isUnderWay) ? 2 : 30) * SECOND,
});
