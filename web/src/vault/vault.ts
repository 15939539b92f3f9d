/**
 * What the page may ask of the thread that opens contents, and how its downloads go on.
 *
 * The keys live in that thread alone, from `unlock` to `close`, which ends it.
 */

import type { Account } from "../api/client";
import type { FailureCode } from "../lib/failures";
import type { Secret } from "../lib/unlocking";
import type { Selection } from "./types";

export type LockState = { state: "locked"; why?: "idle" | "left" } | { state: "open" };

/** How a finished download comes to the person; see `lib/opening/ways`. */
export type Way = "picker" | "opfs" | "parts" | "memory";

/** Something that could not be opened. `path`: for people, as text. */
export interface OpeningProblem {
  path: string;
  code: FailureCode;
}

export interface DownloadStatus {
  /** `waiting`: for its turn, or for the server to answer again. `paused` with a `failure`: `resume` goes on. */
  state: "preparing" | "waiting" | "running" | "paused" | "done" | "failed" | "cancelled";
  bytes: number;
  totalBytes: number;
  files: number;
  totalFiles: number;
  bytesPerSecond: number;
  /** The first thousand. */
  problems: OpeningProblem[];
  problemCount: number;
  failure?: FailureCode;
  way: Way;
}

export interface Download {
  readonly id: string;
  /** The name of the file that comes of it. */
  readonly name: string;
  /** A new object with each change. */
  readonly status: DownloadStatus;
  subscribe(listener: () => void): () => void;
  pause(): void;
  resume(): void;
  /** End it; a finished one is forgotten, and what the browser kept for it is removed. */
  cancel(): void;
  /** Hand the finished file over to the browser (again). */
  save(): void;
}

/** The text file inside a ZIP that says what is not in it; in the person's language. */
export type DescribeProblems = (
  problems: OpeningProblem[],
  count: number,
) => { name: string; text: string };

export interface Vault {
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
  /** A new array with each change. */
  downloads(): Download[];
}
