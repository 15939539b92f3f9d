/** One download as the page sees it; the thread that opens contents does the work. */

import type { FailureCode } from "../lib/failures";
import { removeFile } from "../lib/opening/leftovers";
import type { DownloadStatus, FromOpening, ToOpening } from "../lib/opening/messages";
import { handOver } from "./handOver";
import { Listeners } from "./listeners";
import type { DescribeProblems, Download } from "./vault";

const ENDS: DownloadStatus["state"][] = ["done", "failed", "cancelled"];

interface Tie {
  /** To the thread; nothing happens once it has ended. */
  send: (message: ToOpening) => void;
  describe: DescribeProblems;
  /** The page's folder in the browser's own file system. */
  folder: string;
  forget: (download: AppDownload) => void;
}

export class AppDownload implements Download {
  readonly id = crypto.randomUUID();
  readonly name: string;
  status: DownloadStatus;
  readonly #tie: Tie;
  readonly #listeners = new Listeners();
  readonly subscribe = this.#listeners.subscribe;
  #files: { name: string; blob: Blob }[] = [];

  constructor(name: string, status: DownloadStatus, tie: Tie) {
    this.name = name;
    this.status = status;
    this.#tie = tie;
  }

  get isOver(): boolean {
    return ENDS.includes(this.status.state);
  }

  pause(): void {
    this.#tie.send({ type: "control", id: this.id, act: "pause" });
  }

  resume(): void {
    this.#tie.send({ type: "control", id: this.id, act: "resume" });
  }

  cancel(): void {
    if (this.isOver) {
      this.#files = [];
      void removeFile(this.#tie.folder, this.id);
      this.#tie.forget(this);
    } else {
      this.#tie.send({ type: "control", id: this.id, act: "cancel" });
      this.#become({ ...this.status, state: "cancelled" });
    }
  }

  save(): void {
    for (const { name, blob } of this.#files) handOver(blob, name);
  }

  fail(code: FailureCode): void {
    this.#become({ ...this.status, state: "failed", failure: code });
    void removeFile(this.#tie.folder, this.id);
  }

  hear(message: FromOpening): void {
    if (this.isOver) return;
    if (message.type === "status") this.#become(message.status);
    if (message.type === "file") this.#receive(message.name, message.blob);
    if (message.type === "describe") {
      const file = this.#tie.describe(message.problems, message.count);
      this.#tie.send({ type: "described", id: this.id, file });
    }
  }

  /** Each as it comes; only the last of several is kept, or memory would hold them all. */
  #receive(name: string, blob: Blob): void {
    this.#files = [{ name, blob }];
    this.save();
  }

  #become(status: DownloadStatus): void {
    this.status = status;
    this.#listeners.tell();
  }
}
