/** The lock as the page sees it, and what waits for it to open. */

import { useSyncExternalStore } from "react";

import { vault, type LockState } from "../vault/vault";

/** What a person asked for that needs the keys. */
export interface Wish {
  /** What the button says that goes on, where a click is needed. */
  label: string;
  /** Whether it may ask where to save, which a browser allows soon after a click only. */
  needsClick: boolean;
  go: () => void;
  /** The person would rather not unlock. */
  giveUp?: () => void;
}

export function useLock(): LockState {
  return useSyncExternalStore(subscribeToVault, () => vault.lock);
}

/** Why it locked itself; nothing when nobody unlocked it yet, or a person locked it. */
export function useWhyLocked(): "idle" | "left" | undefined {
  const lock = useLock();
  return lock.state === "locked" ? lock.why : undefined;
}

export function useIsOpen(): boolean {
  return useLock().state === "open";
}

const subscribeToVault = (listener: () => void) => vault.subscribe(listener);

const UNLOCK_ONLY: Wish = { label: "", needsClick: false, go: () => undefined };

let current: Wish | null = null;
const listeners = new Set<() => void>();

function put(wish: Wish | null): void {
  current = wish;
  for (const listener of listeners) listener();
}

/** Do it now when the files are unlocked; else ask the person to unlock, and then do it. */
export function withOpenFiles(wish: Wish = UNLOCK_ONLY): void {
  if (vault.lock.state === "open") wish.go();
  else put(wish);
}

/** The wish was granted, or given up. */
export function endWish(): void {
  put(null);
}

/** What waits for the files to be unlocked. */
export function useWish(): Wish | null {
  return useSyncExternalStore(subscribeToWish, () => current);
}

function subscribeToWish(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
