/** The vault of this page: starts and ends the thread, and keeps the list of downloads. */

import type { Account } from "../api/client";
import { doorHeaders } from "../api/door";
import { fromBase64Url } from "../lib/bytes";
import { Failure, type FailureCode } from "../lib/failures";
import { holdFolder, removeLeftovers } from "../lib/opening/leftovers";
import type { Choice, FromOpening, ToOpening } from "../lib/opening/messages";
import { fileName } from "../lib/opening/names";
import { chooseWay } from "../lib/opening/ways";
import type { OrderInput, SignedOrder } from "../lib/orders";
// oxlint-disable-next-line import/default -- what Vite makes of it is an address
import openingWorker from "../lib/opening/opening.worker.ts?worker&url";
import { withKeys, type Secret } from "../lib/unlocking";
import { startWorker } from "../lib/workers";
import { AppDownload } from "./download";
import { Listeners } from "./listeners";
import type { Selection } from "./types";
import type { DescribeProblems, Download, LockState, Vault } from "./vault";

interface Question {
  resolve: (answer: never) => void;
  reject: (error: Error) => void;
}

export class AppVault implements Vault {
  lock: LockState = { state: "locked" };
  readonly #listeners = new Listeners();
  readonly subscribe = this.#listeners.subscribe;
  #worker: Worker | null = null;
  #downloads: AppDownload[] = [];
  readonly #questions = new Map<string, Question>();
  /** The page's folder in the browser's own file system; made when it is first needed. */
  #folder: string | null = null;

  async unlock(account: Account, secret: Secret): Promise<void> {
    if (this.#worker !== null) return;
    const worker = startWorker(openingWorker);
    worker.postMessage({ type: "show", headers: doorHeaders() } satisfies ToOpening);
    const { port1, port2 } = new MessageChannel();
    worker.postMessage({ type: "keys", port: port1 } satisfies ToOpening, [port1]);
    try {
      await withKeys((ask) => ask("handOver", { account, secret, port: port2 }, [port2]));
    } catch (error) {
      worker.terminate();
      throw error;
    }
    this.#open(worker);
  }

  close(why?: "idle" | "left"): void {
    this.#worker?.terminate();
    this.#worker = null;
    for (const download of this.#downloads) if (!download.isOver) download.fail("locked");
    for (const { reject } of this.#questions.values()) reject(locked());
    this.#questions.clear();
    if (why === "left") for (const download of this.#downloads) download.cancel();
    this.#lockAs(why ? { state: "locked", why } : { state: "locked" });
  }

  async preview(selection: Selection, limit: number): Promise<Blob> {
    const id = crypto.randomUUID();
    return this.#ask({ type: "preview", id, choice: choiceOf(selection), limit });
  }

  async signOrder(input: OrderInput): Promise<SignedOrder> {
    return this.#ask({ type: "sign", id: crypto.randomUUID(), input });
  }

  download(selection: Selection, describe: DescribeProblems): Download {
    const name = nameOf(selection);
    const totals = totalsOf(selection);
    const canPick = window.showSaveFilePicker !== undefined;
    const way = chooseWay({ ...totals, canPick, freeBytes: 0 });
    const download = new AppDownload(
      name,
      {
        state: "preparing",
        bytes: 0,
        files: 0,
        totalBytes: totals.bytes,
        totalFiles: totals.files,
        bytesPerSecond: 0,
        problems: [],
        problemCount: 0,
        way,
      },
      {
        send: (message) => this.#send(message),
        describe,
        folder: this.#ownFolder(),
        forget: (one) => this.#list(this.#downloads.filter((other) => other !== one)),
      },
    );
    this.#list([...this.#downloads, download]);
    void this.#start(download, selection, way === "picker");
    return download;
  }

  downloads(): Download[] {
    return this.#downloads;
  }

  /** Ask where to at once: a browser lets a page ask only while it handles a click. */
  async #start(download: AppDownload, selection: Selection, asks: boolean): Promise<void> {
    try {
      const file = asks ? await pickFile(download.name) : null;
      if (download.isOver) return;
      if (this.#worker === null) throw locked();
      const { name } = download;
      const order = { choice: choiceOf(selection), name, file, folder: this.#ownFolder() };
      this.#send({ type: "download", id: download.id, order });
    } catch (error) {
      if (error instanceof Failure) download.fail(error.code);
      else download.cancel(); // the person closed the dialog
    }
  }

  #open(worker: Worker): void {
    this.#worker = worker;
    worker.addEventListener("message", ({ data }: MessageEvent<FromOpening>) => this.#hear(data));
    worker.addEventListener("error", () => this.close());
    removeLeftovers(this.#ownFolder()).catch(() => undefined); // no file system, no leftovers
    this.#lockAs({ state: "open" });
  }

  #hear(message: FromOpening): void {
    const question = this.#questions.get(message.id);
    this.#questions.delete(message.id);
    if (message.type === "answer") question?.resolve(message.answer as never);
    else if (message.type === "failed") question?.reject(failureOf(message));
    else this.#downloads.find((one) => one.id === message.id)?.hear(message);
  }

  #ask<Answer>(message: ToOpening & { id: string }): Promise<Answer> {
    if (this.#worker === null) return Promise.reject(locked());
    this.#send(message);
    return new Promise((resolve, reject) => this.#questions.set(message.id, { resolve, reject }));
  }

  #send(message: ToOpening): void {
    this.#worker?.postMessage(message);
  }

  #ownFolder(): string {
    if (this.#folder === null) {
      this.#folder = crypto.randomUUID();
      holdFolder(this.#folder);
    }
    return this.#folder;
  }

  #list(downloads: AppDownload[]): void {
    this.#downloads = downloads;
    this.#listeners.tell();
  }

  #lockAs(lock: LockState): void {
    this.lock = lock;
    this.#listeners.tell();
  }
}

/** The file that the person names; where the browser will not ask, none. Fails when they will not. */
async function pickFile(name: string): Promise<FileSystemFileHandle | null> {
  try {
    return await window.showSaveFilePicker!({ suggestedName: name });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    return null;
  }
}

function choiceOf({ device, sequence, items }: Selection): Choice {
  return { device, sequence, paths: items.map((item) => fromBase64Url(item.path)) };
}

function totalsOf({ items }: Selection): { bytes: number; files: number } {
  return {
    bytes: items.reduce((sum, item) => sum + item.size, 0),
    files: items.reduce((sum, item) => sum + (item.kind === "folder" ? item.files : 1), 0),
  };
}

function nameOf({ deviceName, sequence, items }: Selection): string {
  const [only] = items;
  if (items.length !== 1 || !only) return `${fileName(`${deviceName} ${sequence}`)}.zip`;
  const name = fileName(only.name.split("/").findLast((part) => part !== "") ?? deviceName);
  return only.kind === "file" ? name : `${name}.zip`;
}

function failureOf({ code, message }: { code: FailureCode | null; message: string }): Failure {
  return new Failure(code ?? "failure", message);
}

function locked(): Failure {
  return new Failure("locked", "The contents are locked.");
}
