/** Where what is opened is written: memory, the browser's own folder, or a file the person named. */

import type { Bytes } from "../bytes";
import { Failure } from "../failures";

const BUFFER_BYTES = 1024 * 1024;

/** A file that grows. What was appended may be corrected, or taken back. */
export interface Sink {
  /** The data is the caller's again once this is done. */
  append(data: Bytes): Promise<void>;
  patch(data: Bytes, at: number): Promise<void>;
  /** What follows goes here: everything behind is forgotten. */
  rewind(at: number): Promise<void>;
  /** The file as the browser can hand it over; null where it is the person's already. */
  finish(): Promise<Blob | null>;
  /** Leave nothing behind. */
  abort(): Promise<void>;
}

/** Gathers small pieces, so that the sink below gets large ones. */
export class BufferedSink {
  readonly #sink: Sink;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #flushed = 0;
  #used = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  get position(): number {
    return this.#flushed + this.#used;
  }

  async append(data: Bytes): Promise<void> {
    if (this.#used + data.length > BUFFER_BYTES) await this.#flush();
    if (data.length > BUFFER_BYTES) {
      await this.#sink.append(data);
      this.#flushed += data.length;
    } else {
      this.#buffer.set(data, this.#used);
      this.#used += data.length;
    }
  }

  async patch(data: Bytes, at: number): Promise<void> {
    if (at < this.#flushed) {
      await this.#flush();
      await this.#sink.patch(data, at);
    } else {
      this.#buffer.set(data, at - this.#flushed);
    }
  }

  async rewind(at: number): Promise<void> {
    this.#used = Math.max(0, at - this.#flushed);
    if (at < this.#flushed) {
      await this.#sink.rewind(at);
      this.#flushed = at;
    }
  }

  async finish(): Promise<Blob | null> {
    await this.#flush();
    return this.#sink.finish();
  }

  async #flush(): Promise<void> {
    if (this.#used > 0) await this.#sink.append(this.#buffer.subarray(0, this.#used));
    this.#flushed += this.#used;
    this.#used = 0;
  }
}

/** In the browser's memory, outside of this thread's. */
export class BlobSink implements Sink {
  readonly #type: string;
  #whole = new Blob();
  #pieces: Blob[] = [];

  constructor(type: string) {
    this.#type = type;
  }

  async append(data: Bytes): Promise<void> {
    this.#pieces.push(new Blob([data]));
  }

  async patch(data: Bytes, at: number): Promise<void> {
    const whole = this.#join();
    this.#whole = new Blob([whole.slice(0, at), data, whole.slice(at + data.length)]);
  }

  async rewind(at: number): Promise<void> {
    this.#whole = this.#join().slice(0, at);
  }

  async finish(): Promise<Blob> {
    return new Blob([this.#join()], { type: this.#type });
  }

  async abort(): Promise<void> {
    this.#whole = new Blob();
    this.#pieces = [];
  }

  #join(): Blob {
    this.#whole = new Blob([this.#whole, ...this.#pieces]);
    this.#pieces = [];
    return this.#whole;
  }
}

/** A file of the origin's private file system, handed over as a blob that stays on the disk. */
export class OpfsSink implements Sink {
  readonly #folder: FileSystemDirectoryHandle;
  readonly #file: FileSystemFileHandle;
  readonly #access: FileSystemSyncAccessHandle;
  #position = 0;

  private constructor(
    folder: FileSystemDirectoryHandle,
    file: FileSystemFileHandle,
    access: FileSystemSyncAccessHandle,
  ) {
    this.#folder = folder;
    this.#file = file;
    this.#access = access;
  }

  static async create(folder: FileSystemDirectoryHandle, name: string): Promise<OpfsSink> {
    const file = await folder.getFileHandle(name, { create: true });
    return new OpfsSink(folder, file, await file.createSyncAccessHandle!());
  }

  async append(data: Bytes): Promise<void> {
    this.#write(data, this.#position);
    this.#position += data.length;
  }

  async patch(data: Bytes, at: number): Promise<void> {
    this.#write(data, at);
  }

  async rewind(at: number): Promise<void> {
    this.#position = at;
  }

  async finish(): Promise<Blob> {
    this.#access.truncate(this.#position);
    this.#access.flush();
    this.#access.close();
    return this.#file.getFile();
  }

  async abort(): Promise<void> {
    this.#access.close();
    await this.#folder.removeEntry(this.#file.name);
  }

  #write(data: Bytes, at: number): void {
    let written: number;
    try {
      written = this.#access.write(data, { at });
    } catch (error) {
      throw notWritten(error);
    }
    if (written !== data.length) throw new Failure("no-space", "The browser's space is full.");
  }
}

/** The file that the person named; it has its content once it is finished. */
export class PickedSink implements Sink {
  readonly #stream: FileSystemWritableFileStream;
  #position = 0;

  private constructor(stream: FileSystemWritableFileStream) {
    this.#stream = stream;
  }

  static async create(file: FileSystemFileHandle): Promise<PickedSink> {
    return new PickedSink(await file.createWritable().catch((error) => Promise.reject(notWritten(error))));
  }

  async append(data: Bytes): Promise<void> {
    await this.patch(data, this.#position);
    this.#position += data.length;
  }

  async patch(data: Bytes, at: number): Promise<void> {
    try {
      await this.#stream.write({ type: "write", position: at, data });
    } catch (error) {
      throw notWritten(error);
    }
  }

  async rewind(at: number): Promise<void> {
    this.#position = at;
  }

  async finish(): Promise<null> {
    try {
      await this.#stream.truncate(this.#position);
      await this.#stream.close();
    } catch (error) {
      throw notWritten(error);
    }
    return null;
  }

  async abort(): Promise<void> {
    await this.#stream.abort();
  }
}

function notWritten(error: unknown): Failure {
  const isFull = error instanceof DOMException && error.name === "QuotaExceededError";
  return new Failure(isFull ? "no-space" : "not-written", String(error));
}
