/** What the pages read from the server, kept fresh. */

import { queryOptions } from "@tanstack/react-query";

import { api, Refusal, take, type Device, type OrderInfo } from "./client";

const SECOND = 1000;

/** Whose devices: one's own, or all of the server's. */
export type Scope = "own" | "all";

export const serverQuery = queryOptions({
  queryKey: ["server"],
  queryFn: () => take(api.GET("/api/v1/server")),
  staleTime: 60 * SECOND,
});

/** The release of the client that the server hands out. */
export const offerQuery = queryOptions({
  queryKey: ["offer"],
  queryFn: () => take(api.GET("/api/v1/releases")),
  staleTime: 60 * SECOND,
});

/** A code and what comes with it: made once for each person, kept as long as the page is open. */
export const downloadQuery = (account: string | null) =>
  queryOptions({
    queryKey: ["download", account],
    queryFn: () => take(api.POST("/api/v1/downloads", { body: {} })),
    staleTime: Infinity,
    gcTime: 55 * 60 * SECOND,
    retry: false,
  });

/** How far a download has come; asked until a device used its code, or it is over. */
export const downloadStateQuery = (code: string) =>
  queryOptions({
    queryKey: ["download-state", code],
    queryFn: () => take(api.GET("/api/v1/downloads/{code}", { params: { path: { code } } })),
    refetchInterval: ({ state }) =>
      state.data?.state === "used" || state.error !== null ? false : 3 * SECOND,
    retry: false,
  });

/** The account that is signed in, or null. */
export const accountQuery = queryOptions({
  queryKey: ["account"],
  queryFn: async () => {
    try {
      return await take(api.GET("/api/v1/account"));
    } catch (error) {
      if (error instanceof Refusal && error.code === "not-signed-in") return null;
      throw error;
    }
  },
  staleTime: 60 * SECOND,
});

/** Where the account is signed in. */
export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: () => take(api.GET("/api/v1/account/sessions")),
  select: (list) => list.sessions,
  refetchInterval: 60 * SECOND,
});

/** What deleting the account would take away; asked when a person thinks of it. */
export const deletionQuery = queryOptions({
  queryKey: ["deletion"],
  queryFn: () => take(api.GET("/api/v1/account/deletion")),
  staleTime: 0,
});

export const devicesQuery = (scope: Scope) =>
  queryOptions({
    queryKey: ["devices", scope],
    queryFn: () =>
      take(scope === "all" ? api.GET("/api/v1/admin/devices") : api.GET("/api/v1/devices")),
    select: (list) => list.devices,
    refetchInterval: 15 * SECOND,
  });

/**
 * All that ever were, oldest first; of expired ones only a stub is left. They may be thousands, so
 * they are asked for again only when the device says that there is another one.
 */
export const snapshotsQuery = ({ device, last_snapshot, snapshots }: Device) =>
  queryOptions({
    queryKey: ["snapshots", device, last_snapshot, snapshots],
    queryFn: () =>
      take(api.GET("/api/v1/devices/{device}/snapshots", { params: { path: { device } } })),
    select: (list) => list.snapshots,
    placeholderData: (before, of) => (of?.queryKey[1] === device ? before : undefined),
    staleTime: Infinity,
  });

export const LISTING_PAGE = 1000;

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

/** Which page of a folder, and in which order it stands. */
interface Asked {
  offset: number;
  sort?: "name" | "size" | "time";
  descending?: 0 | 1;
  folders_first?: 0 | 1;
}

/** One page of a folder of a snapshot. `path`: base64url of its exact bytes. */
export const listingQuery = (device: string, snapshot: number, path: string, asked: Asked) =>
  queryOptions({
    queryKey: ["listing", device, snapshot, path, asked],
    queryFn: () => listing(device, snapshot, path, asked),
    staleTime: Infinity, // a snapshot never changes
  });

/** So many entries are fetched at once and can be put in any order in the page. */
const GATHERED = 5000;

/** A folder of a snapshot: all of it, or of a very long one its first page. */
export const folderQuery = (device: string, snapshot: number, path: string) =>
  queryOptions({
    queryKey: ["folder", device, snapshot, path],
    queryFn: async () => {
      const first = await listing(device, snapshot, path, { offset: 0 });
      const isWhole = first.total <= GATHERED;
      const offsets = isWhole ? laterOffsets(first.total) : [];
      const later = await Promise.all(
        offsets.map((offset) => listing(device, snapshot, path, { offset })),
      );
      const entries = [first, ...later].flatMap((page) => page.entries);
      return { entries, total: first.total, isWhole };
    },
    staleTime: Infinity,
  });

function listing(device: string, snapshot: number, path: string, asked: Asked) {
  const query = { snapshot, path, limit: LISTING_PAGE, ...asked };
  return take(
    api.GET("/api/v1/devices/{device}/listing", { params: { path: { device }, query } }),
  );
}

function laterOffsets(total: number): number[] {
  const pages = Math.ceil(total / LISTING_PAGE) - 1;
  return Array.from({ length: Math.max(pages, 0) }, (_, page) => (page + 1) * LISTING_PAGE);
}

export const accountsQuery = queryOptions({
  queryKey: ["accounts"],
  queryFn: () => take(api.GET("/api/v1/admin/accounts")),
  select: (list) => list.accounts,
  refetchInterval: 60 * SECOND,
});

/** The releases of the client, what each device runs, and who gets which. */
export const rolloutQuery = queryOptions({
  queryKey: ["rollout"],
  queryFn: () => take(api.GET("/api/v1/admin/rollout")),
  refetchInterval: 15 * SECOND,
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
