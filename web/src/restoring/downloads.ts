/** The downloads as the page sees them. */

import { useSyncExternalStore } from "react";

import { vault, type Download, type DownloadStatus } from "../vault/vault";

const UNDER_WAY: DownloadStatus["state"][] = ["preparing", "waiting", "running"];

/** Those that go on by themselves; a paused one does not. */
export function isUnderWay(download: Download): boolean {
  return UNDER_WAY.includes(download.status.state);
}

export function isAnyUnderWay(): boolean {
  return vault.downloads().some(isUnderWay);
}

/** Whether leaving the page would lose something. */
export function isAnyUnfinished(): boolean {
  return vault.downloads().some((one) => isUnderWay(one) || one.status.state === "paused");
}

export function useDownloads(): Download[] {
  return useSyncExternalStore(subscribeToList, () => vault.downloads());
}

export function useStatus(download: Download): DownloadStatus {
  return useSyncExternalStore(
    (listener) => download.subscribe(listener),
    () => download.status,
  );
}

export function useIsAnyUnfinished(): boolean {
  return useSyncExternalStore(subscribeToAll, isAnyUnfinished);
}

const subscribeToList = (listener: () => void) => vault.subscribe(listener);

/** Hears of the list, and of every download on it. */
function subscribeToAll(listener: () => void): () => void {
  let forget = listen();
  function listen() {
    const all = vault.downloads().map((one) => one.subscribe(listener));
    return () => all.forEach((stop) => stop());
  }
  const stop = vault.subscribe(() => {
    forget();
    forget = listen();
    listener();
  });
  return () => {
    stop();
    forget();
  };
}
