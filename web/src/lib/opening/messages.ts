/** What the page and the thread that opens contents say to each other. */

import type { Bytes } from "../bytes";
import type { FailureCode } from "../failures";
import type { OrderInput, SignedOrder } from "../orders";
import type { Way } from "./ways";

/** What a person chose. */
export interface Choice {
  device: string;
  sequence: number;
  /** Exact bytes of whole paths. */
  paths: Bytes[];
}

/** Something that could not be opened. `path`: for people, as text. */
export interface OpeningProblem {
  path: string;
  code: FailureCode;
}

export interface DownloadStatus {
  /**
   * `waiting`: for its turn, or for the server to answer again. `paused` with a `failure`: it
   * needs a person (who signs in again, say); `resume` goes on where it was.
   */
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

/** The text file inside a ZIP that says what is not in it. */
export interface ProblemFile {
  name: string;
  text: string;
}

export interface DownloadOrder {
  choice: Choice;
  /** Of the file that comes of it; several have a number before the ending. */
  name: string;
  /** The file that the person named, where the browser asked. */
  file: FileSystemFileHandle | null;
  /** Of the browser's own file system: what the page keeps there. */
  folder: string;
}

export type ToOpening =
  | { type: "show"; headers: Record<string, string> }
  | { type: "keys"; port: MessagePort }
  | { type: "preview"; id: string; choice: Choice; limit: number }
  | { type: "sign"; id: string; input: OrderInput }
  | { type: "download"; id: string; order: DownloadOrder }
  | { type: "control"; id: string; act: "pause" | "resume" | "cancel" }
  | { type: "described"; id: string; file: ProblemFile };

export type FromOpening =
  | { type: "answer"; id: string; answer: Blob | SignedOrder }
  | { type: "failed"; id: string; code: FailureCode | null; message: string }
  | { type: "status"; id: string; status: DownloadStatus }
  | { type: "file"; id: string; name: string; blob: Blob }
  | { type: "describe"; id: string; problems: OpeningProblem[]; count: number };
