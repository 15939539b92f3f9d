/**
 * Where in the app we are, kept in the fragment of the address: `#/devices/...?next=...`.
 *
 * The fragment is never sent, so an invitation's code in it reaches no log, and the same files work
 * behind any address.
 */

import { useSyncExternalStore } from "react";
import type { BaseLocationHook } from "wouter";

interface Place {
  path: string;
  search: string;
}

function current(): Place {
  const [path, search] = location.hash.replace(/^#?\/?/, "").split("?", 2);
  return { path: `/${path ?? ""}`, search: search ?? "" };
}

function subscribe(notify: () => void): () => void {
  addEventListener("hashchange", notify);
  return () => removeEventListener("hashchange", notify);
}

export function navigate(to: string, options: { replace?: boolean } = {}): void {
  const address = `#${to}`;
  if (options.replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

export const useFragment: BaseLocationHook = () => [
  useSyncExternalStore(subscribe, () => current().path),
  navigate,
];

export const useFragmentSearch = () => useSyncExternalStore(subscribe, () => current().search);

export const fragmentAddress = (place: string) => `#${place}`;
