/** The two things that come of a download: the one file that was chosen, or ZIPs. */

import type { Bytes } from "../bytes";
import { Failure, type FailureCode } from "../failures";
import { BufferedSink, type Sink } from "./sinks";
import type { Output } from "./writing";
import { ZipWriter, type Facts } from "./zip";

/** The content of the one file; when it cannot be had, there is nothing at all. */
export class PlainOutput implements Output {
  readonly #out: BufferedSink;
  #rest = 0;

  constructor(sink: Sink) {
    this.#out = new BufferedSink(sink);
  }

  async begin(_place: string, _facts: Facts, size: number): Promise<void> {
    this.#rest = size;
  }

  async append(data: Bytes): Promise<void> {
    this.#rest -= data.length;
    if (this.#rest < 0) throw wrongLength();
    await this.#out.append(data);
  }

  async end(): Promise<void> {
    if (this.#rest !== 0) throw wrongLength();
  }

  async takeBack(why: FailureCode): Promise<never> {
    throw new Failure(why, "The file cannot be opened.");
  }

  async folder(): Promise<never> {
    throw notAFile();
  }

  async symlink(): Promise<never> {
    throw notAFile();
  }

  finish(): Promise<Blob | null> {
    return this.#out.finish();
  }
}

/** One ZIP, or several, each complete in itself, none much longer than `limit` unless a file is. */
export class ZipOutput implements Output {
  readonly #makeSink: () => Promise<Sink>;
  readonly #onFinished: (zip: Blob | null) => void;
  readonly #limit: number;
  readonly #mostOfOne: number;
  #zip: ZipWriter | null = null;

  /** A file above `mostOfOne` is refused as `too-large`. */
  constructor(
    makeSink: () => Promise<Sink>,
    onFinished: (zip: Blob | null) => void,
    limit = Infinity,
    mostOfOne = Infinity,
  ) {
    this.#makeSink = makeSink;
    this.#onFinished = onFinished;
    this.#limit = limit;
    this.#mostOfOne = mostOfOne;
  }

  async folder(place: string, facts: Facts): Promise<void> {
    await (await this.#roomFor(0)).folder(place, facts);
  }

  async symlink(place: string, facts: Facts, target: Bytes): Promise<void> {
    await (await this.#roomFor(target.length)).symlink(place, facts, target);
  }

  async begin(place: string, facts: Facts, size: number): Promise<void> {
    if (size > this.#mostOfOne) throw new Failure("too-large", "It is too large for this browser.");
    await (await this.#roomFor(size)).begin(place, facts, size);
  }

  append(data: Bytes): Promise<void> {
    return this.#zip!.append(data);
  }

  end(): Promise<void> {
    return this.#zip!.end();
  }

  takeBack(): Promise<void> {
    return this.#zip!.takeBack();
  }

  async finish(): Promise<void> {
    const zip = this.#zip ?? (await ZipWriter.create(await this.#makeSink()));
    this.#zip = null;
    this.#onFinished(await zip.finish());
  }

  async #roomFor(bytes: number): Promise<ZipWriter> {
    const { length } = this.#zip ?? { length: 0 };
    if (length > 0 && length + bytes > this.#limit) await this.finish();
    this.#zip ??= await ZipWriter.create(await this.#makeSink());
    return this.#zip;
  }
}

function wrongLength(): Failure {
  return new Failure("malformed", "The file has another length than its listing says.");
}

function notAFile(): Failure {
  return new Failure("not-a-file", "It is not a file.");
}
