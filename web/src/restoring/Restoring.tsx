/** What every page of a signed-in person carries for restoring: the lock, and the downloads. */

import { VisuallyHidden } from "@mantine/core";
import { useEffect } from "react";

import type { Account } from "../api/client";
import { vault } from "../vault/vault";
import { useWords } from "../words/words";
import { isAnyUnderWay, isAnyUnfinished } from "./downloads";
import { DownloadsTray } from "./DownloadsTray";
import { watchIdleness } from "./idle";
import { useIsOpen, useWhyLocked } from "./keys";
import { UnlockDialog } from "./UnlockDialog";

/** One for an account: give it the account as its key. */
export function Restoring({ account }: { account: Account }) {
  useLockWhenIdle();
  useLockOnLeaving();
  useWarningOnLeaving();
  return (
    <>
      <UnlockDialog account={account} />
      <DownloadsTray />
      <LockedItself />
    </>
  );
}

/** For those who do not see the lock: it closed, and why. */
function LockedItself() {
  const words = useWords().restoring.lock;
  const why = useWhyLocked();
  return <VisuallyHidden role="status">{why && words.reasons[why]}</VisuallyHidden>;
}

/** Whoever waits for a download, or watches a film, is there without touching anything. */
function isBusy(): boolean {
  const players = document.querySelectorAll<HTMLMediaElement>("audio, video");
  return isAnyUnderWay() || Array.from(players).some((player) => !player.paused);
}

function useLockWhenIdle(): void {
  const isOpen = useIsOpen();
  useEffect(() => {
    if (!isOpen) return;
    return watchIdleness(isBusy, () => vault.close("idle"));
  }, [isOpen]);
}

/** Signing out, a session that ended, another account, another page: nobody is there to ask. */
function useLockOnLeaving(): void {
  useEffect(() => {
    const leave = () => {
      if (vault.lock.state === "open" || vault.downloads().length > 0) vault.close("left");
    };
    addEventListener("pagehide", leave);
    return () => {
      removeEventListener("pagehide", leave);
      leave();
    };
  }, []);
}

function useWarningOnLeaving(): void {
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (isAnyUnfinished()) event.preventDefault();
    };
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, []);
}
