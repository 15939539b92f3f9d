/** What this page asks the device that it came from, past the server: while it is set up. */

import { queryOptions } from "@tanstack/react-query";

import { take, type Schemas } from "./client";
import { doorHeaders } from "./door";

export type Choosing = Schemas["Choosing"];
export type Place = Schemas["Place"];
export type PlaceJunk = Schemas["PlaceJunk"];
export type OwnFolders = Schemas["OwnFolders"];

const SECOND = 1000;

export const choosingQuery = queryOptions({
  queryKey: ["choosing"],
  queryFn: () => ask<Choosing>("GET", "choosing"),
  refetchInterval: ({ state }) => (isOver(state.data) ? false : SECOND),
});

/** Whether nothing of it changes any more. */
export function isOver(choosing: Choosing | undefined): boolean {
  return choosing?.run.state === "done" || choosing?.run.state === "problems";
}

/** The folders in a folder; base64 of its exact bytes. */
export const foldersQuery = (path: string) =>
  queryOptions({
    queryKey: ["own-folders", path],
    queryFn: () => ask<OwnFolders>("GET", `folders?path=${encodeURIComponent(toUrl(path))}`),
  });

export function addPlace(path: string): Promise<Choosing> {
  return ask("POST", "places", { path_bytes: path });
}

export function startBackup(roots: string[], exclusions: string[]): Promise<Choosing> {
  return ask("POST", "start", { roots, exclusions });
}

async function ask<Answer>(method: "GET" | "POST", path: string, body?: object): Promise<Answer> {
  const headers = { ...doorHeaders(), "Content-Type": "application/json" };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const asked = fetch(`/device/v1/${path}`, { method, headers, ...sent });
  return take(
    asked.then(async (response) => {
      const answer = await response.json();
      return response.ok ? { data: answer as Answer, response } : { error: answer, response };
    }),
  );
}

function toUrl(base64: string): string {
  return base64.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
