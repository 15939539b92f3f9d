/**
 * What the page may ask of the thread that opens contents, and how its downloads go on.
 *
 * The keys live in that thread alone, from `unlock` to `close`, which ends it.
 */

import type { Account } from "../api/client";
import type { OpeningProblem, DownloadStatus, ProblemFile } from "../lib/opening/messages";
import type { OrderInput, SignedOrder } from "../lib/orders";
import type { Secret } from "../lib/unlocking";
import { AppVault } from "./appVault";
import type { Selection } from "./types";

export type { DownloadStatus, OpeningProblem } from "../lib/opening/messages";
export type { Way } from "../lib/opening/ways";

export type LockState = { state: "locked"; why?: "idle" | "left" } | { state: "open" };

export interface Download {
  readonly id: string;
  /** The name of the file that comes of it. */
  readonly name: string;
  /** A new object with each change. */
  readonly status: DownloadStatus;
  subscribe(listener: () => void): () => void;
  pause(): void;
  resume(): void;
  /** End it; one that is over is forgotten, and what the browser kept for it is removed. */
  cancel(): void;
  /** Hand the finished file over to the browser again; of several parts, the last. */
  save(): void;
}

/** The text file inside a ZIP that says what is not in it; in the person's language. */
export type DescribeProblems = (problems: OpeningProblem[], count: number) => ProblemFile;

export interface Vault {
  /** A new object with each change. */
  readonly lock: LockState;
  /** Hears of every change of `lock` and of the list of downloads. */
  subscribe(listener: () => void): () => void;
  /** `Failure` "wrong-password", "wrong-recovery-key", "recovery-key-mistyped", "keys-mismatch", ... */
  unlock(account: Account, secret: Secret): Promise<void>;
  /** The keys are gone. What was running fails as `locked`; with "left", finished downloads go too. */
  close(why?: "idle" | "left"): void;
  /** Exactly one file, opened and checked; `too-large` beyond `limit` bytes. */
  preview(selection: Selection, limit: number): Promise<Blob>;
  /** One file as itself, all else as one ZIP. Call it from the person's click: it may ask where to. */
  download(selection: Selection, describe: DescribeProblems): Download;
  /** The account's signed word that a device may put something back; see `lib/orders`. */
  signOrder(input: OrderInput): Promise<SignedOrder>;
  /** A new array with each change. */
  downloads(): Download[];
}

/** The one of this page. */
export const vault: Vault = new AppVault();
