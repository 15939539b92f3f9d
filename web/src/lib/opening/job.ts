/** One download, from the choice to the file: its state, its turn, its end. */

import { Failure, type FailureCode } from "../failures";
import { utf8 } from "../bytes";
import { freeBytes, pageFolder } from "./leftovers";
import type { DownloadOrder, DownloadStatus, FromOpening, ProblemFile } from "./messages";
import type { Opened, Opener } from "./opener";
import { PlainOutput, ZipOutput } from "./outputs";
import { Server, type Patience } from "./server";
import { BlobSink, OpfsSink, PickedSink, type Sink } from "./sinks";
import { SafeNames } from "./names";
import { walk } from "./walk";
import { chooseWay, MOST_IN_MEMORY, PART_BYTES } from "./ways";
import { fetchedAhead, windows } from "./windows";
import { Writer, type Output, type Tally } from "./writing";

const TOLD_EVERY_MS = 250;
const MOST_PROBLEMS = 1_000;
const SPEED_SHARE = 0.2; // of what the newest quarter of a second has in the speed that is told
const PLAIN_TYPE = "application/octet-stream";
const ZIP_TYPE = "application/zip";

type Send = (message: FromOpening) => void;

/** One download runs at a time: so the memory of all of them is that of one. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Done when it is one's turn; call what comes back when it is over. */
  async take(): Promise<() => void> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    return resolve;
  }
}

export class Job implements Tally {
  readonly #id: string;
  readonly #order: DownloadOrder;
  readonly #opener: Promise<Opener>;
  readonly #send: Send;
  readonly #turns: Turns;
  readonly #controller = new AbortController();
  readonly #status: DownloadStatus = {
    state: "preparing",
    bytes: 0,
    totalBytes: 0,
    files: 0,
    totalFiles: 0,
    bytesPerSecond: 0,
    problems: [],
    problemCount: 0,
    way: "memory",
  };
  #phase: DownloadStatus["state"] = "waiting";
  #isWaiting = false;
  #goOn = Promise.withResolvers<void>();
  #isPaused = false;
  #sinks: Sink[] = [];
  #parts = 0;
  #described: ((file: ProblemFile) => void) | null = null;
  #told = { at: 0, bytes: 0 };

  constructor(id: string, order: DownloadOrder, opener: Promise<Opener>, send: Send, turns: Turns) {
    this.#id = id;
    this.#order = order;
    this.#opener = opener;
    this.#send = send;
    this.#turns = turns;
    this.#goOn.resolve();
  }

  async run(): Promise<void> {
    this.#tell();
    const over = await this.#turns.take();
    const ticking = setInterval(() => this.#tell(), TOLD_EVERY_MS);
    try {
      this.#controller.signal.throwIfAborted();
      await this.#download();
      this.#phase = "done";
    } catch (error) {
      await this.#end(error);
    } finally {
      clearInterval(ticking);
      over();
      this.#tell();
    }
  }

  pause(why?: FailureCode): void {
    if (!this.#isPaused) this.#goOn = Promise.withResolvers();
    this.#isPaused = true;
    if (why) this.#status.failure = why;
    this.#tell();
  }

  resume(): void {
    this.#isPaused = false;
    delete this.#status.failure;
    this.#goOn.resolve();
    this.#tell();
  }

  cancel(): void {
    this.#controller.abort();
    this.#goOn.resolve();
  }

  describe(file: ProblemFile): void {
    this.#described?.(file);
  }

  // --- what the writing tells ---

  wrote(bytes: number): void {
    this.#status.bytes += bytes;
  }

  passed(missing: number): void {
    this.#status.bytes += missing;
    this.#status.files += 1;
  }

  lament(path: string, code: FailureCode): void {
    this.#status.problemCount += 1;
    if (this.#status.problems.length < MOST_PROBLEMS) this.#status.problems.push({ path, code });
  }

  // --- the work ---

  async #download(): Promise<void> {
    this.#phase = "preparing";
    const server = new Server(apiBase(), this.#patience());
    const opener = await this.#opener;
    const opened = await opener.open(this.#order.choice, server);
    await this.#weigh(opened);
    this.#phase = "running";
    const [only] = opened.chosen;
    if (opened.chosen.length === 1 && only!.entry.kind === "file") await this.#plain(opened);
    else await this.#zip(opened);
  }

  async #weigh({ chosen }: Opened): Promise<void> {
    const status = this.#status;
    for (const { entry } of chosen) {
      const isFolder = entry.kind === "folder";
      status.totalFiles += isFolder ? entry.subtreeFiles : Number(entry.kind === "file");
      status.totalBytes += Number(isFolder ? entry.subtreeBytes : entry.size);
    }
    status.way = chooseWay({
      bytes: status.totalBytes,
      files: status.totalFiles,
      canPick: this.#order.file !== null,
      freeBytes: await freeBytes(),
    });
    // What the person named is theirs, also where it turned out to be small.
    if (this.#order.file !== null) status.way = "picker";
  }

  async #plain(opened: Opened): Promise<void> {
    const inMemory = this.#status.way === "parts";
    if (inMemory && this.#status.totalBytes > MOST_IN_MEMORY) {
      throw new Failure("no-space", "The browser has no place for a file of this size.");
    }
    const output = new PlainOutput(await this.#makeSink(PLAIN_TYPE));
    await this.#write(opened, output, new SafeNames(opened.hash, true));
    this.#hand(await output.finish(), this.#order.name);
  }

  async #zip(opened: Opened): Promise<void> {
    const inParts = this.#status.way === "parts";
    const output = new ZipOutput(
      () => this.#makeSink(ZIP_TYPE),
      (zip) => this.#hand(zip, inParts ? this.#partName() : this.#order.name),
      inParts ? PART_BYTES : Infinity,
      inParts ? MOST_IN_MEMORY : Infinity,
    );
    const top = new SafeNames(opened.hash, true);
    await this.#write(opened, output, top);
    if (this.#status.problemCount > 0) await this.#addProblems(output, top);
    await output.finish();
  }

  async #write(opened: Opened, output: Output, top: SafeNames): Promise<void> {
    const { nodes, chunks, chosen, hash } = opened;
    const fetch = chunks.fetch.bind(chunks);
    const writer = new Writer(output, this, fetch);
    const coming = windows(walk(nodes, chosen, hash, top), nodes);
    for await (const [window, fetched] of fetchedAhead(coming, fetch, () => this.#gate())) {
      await writer.carryOut(window, fetched);
    }
  }

  async #addProblems(output: ZipOutput, top: SafeNames): Promise<void> {
    const { problems, problemCount: count } = this.#status;
    const answer = new Promise<ProblemFile>((resolve) => (this.#described = resolve));
    this.#send({ type: "describe", id: this.#id, problems, count });
    const { name, text } = await answer;
    const content = utf8(text);
    const facts = { mode: 0o644, mtimeNs: BigInt(Date.now()) * 1_000_000n };
    await output.begin(top.give(utf8(name)), facts, content.length);
    await output.append(content);
    await output.end();
  }

  async #makeSink(type: string): Promise<Sink> {
    const sink = await this.#openSink(type);
    this.#sinks = [sink];
    return sink;
  }

  async #openSink(type: string): Promise<Sink> {
    const { file, folder } = this.#order;
    if (file !== null) return PickedSink.create(file);
    if (this.#status.way !== "opfs") return new BlobSink(type);
    return OpfsSink.create(await pageFolder(folder), this.#id);
  }

  #partName(): string {
    this.#parts += 1;
    return this.#order.name.replace(/(?=\.zip$)/, `.${this.#parts}`);
  }

  #hand(blob: Blob | null, name: string): void {
    this.#sinks = [];
    if (blob !== null) this.#send({ type: "file", id: this.#id, name, blob });
  }

  // --- its state ---

  #patience(): Patience {
    return {
      signal: this.#controller.signal,
      onWaiting: (waiting) => (this.#isWaiting = waiting),
      onStuck: async (failure) => {
        this.pause(failure.code);
        await this.#gate();
      },
    };
  }

  /** Passes unless the download is paused; fails once it is cancelled. */
  async #gate(): Promise<void> {
    await this.#goOn.promise;
    this.#controller.signal.throwIfAborted();
  }

  async #end(error: unknown): Promise<void> {
    const isCancelled = this.#controller.signal.aborted;
    this.#phase = isCancelled ? "cancelled" : "failed";
    if (!isCancelled) this.#status.failure = error instanceof Failure ? error.code : "failure";
    this.#controller.abort(); // what is still on its way
    for (const sink of this.#sinks) await sink.abort().catch(() => undefined);
  }

  #tell(): void {
    this.#status.state = this.#state();
    this.#measure();
    this.#send({ type: "status", id: this.#id, status: this.#status });
  }

  #state(): DownloadStatus["state"] {
    if (["done", "failed", "cancelled"].includes(this.#phase)) return this.#phase;
    if (this.#isPaused) return "paused";
    return this.#isWaiting ? "waiting" : this.#phase;
  }

  #measure(): void {
    const now = performance.now();
    const seconds = (now - this.#told.at) / 1000;
    if (seconds < TOLD_EVERY_MS / 2000) return;
    const speed = (this.#status.bytes - this.#told.bytes) / seconds;
    const before = this.#status.bytesPerSecond || speed;
    this.#status.bytesPerSecond = before + SPEED_SHARE * (speed - before);
    this.#told = { at: now, bytes: this.#status.bytes };
  }
}

/** The API of the server that this page came from. */
export function apiBase(): string {
  return new URL("/api/v1/", location.href).href;
}
