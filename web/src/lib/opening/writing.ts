/** Writes what was walked and fetched: whole files or none, with what could not be had by name. */

import { release, type Bytes } from "../bytes";
import { malformed } from "../cbor";
import type { Entry } from "../entries";
import { readExtras, type Extent, type Extras } from "../extras";
import { Failure, type FailureCode } from "../failures";
import type { Fetched } from "./chunks";
import { keyOf } from "./source";
import { codeOf, type Step } from "./walk";
import type { Item, Window } from "./windows";
import type { Facts } from "./zip";

const ZEROS = new Uint8Array(1024 * 1024);
const MOST_DECODED = 1_000;

/** Where entries go: a ZIP, or the one file that was chosen. */
export interface Output {
  folder(place: string, facts: Facts): Promise<void>;
  symlink(place: string, facts: Facts, target: Bytes): Promise<void>;
  begin(place: string, facts: Facts, size: number): Promise<void>;
  append(data: Bytes): Promise<void>;
  end(): Promise<void>;
  /** The file that began is not there; `why` says what was wrong. */
  takeBack(why: FailureCode): Promise<void>;
}

export interface Tally {
  wrote(bytes: number): void;
  /** A file is behind us, whole or not: `missing` bytes of it were not written. */
  passed(missing: number): void;
  lament(path: string, code: FailureCode): void;
}

interface Growing {
  path: string;
  size: number;
  written: number;
  /** Still to fill, of a file with holes. */
  extents: Extent[] | null;
}

type Later = (wanted: Map<string, Bytes>) => Promise<Fetched>;

export class Writer {
  readonly #output: Output;
  readonly #tally: Tally;
  readonly #later: Later;
  readonly #decoded = new Map<string, Extras>();
  #growing: Growing | null = null;

  /** `later` fetches chunks that a window lacks because it was cut. */
  constructor(output: Output, tally: Tally, later: Later) {
    this.#output = output;
    this.#tally = tally;
    this.#later = later;
  }

  async carryOut(window: Window, fetched: Fetched): Promise<void> {
    for (const item of window.items) {
      if (item.type === "step") await this.#step(item.step, fetched);
      else await this.#goOn(item, fetched);
    }
    for (const content of fetched.owned) release(content);
  }

  async #step(step: Step, fetched: Fetched): Promise<void> {
    if (step.type === "problem") {
      this.#tally.lament(step.path, step.code);
      return;
    }
    try {
      await this.#make(step.place, step.path, step.entry, fetched);
    } catch (error) {
      this.#tally.lament(step.path, codeOf(error));
      if (step.entry.kind === "file") this.#tally.passed(Number(step.entry.size));
    }
  }

  async #make(place: string, path: string, entry: Entry, fetched: Fetched): Promise<void> {
    if (entry.kind === "folder") return this.#output.folder(place, entry);
    if (entry.kind === "symlink") {
      const extras = await this.#extras(entry, fetched);
      if (extras === null) throw malformed("A link", "it has no target");
      return this.#output.symlink(place, entry, extras.target);
    }
    if (entry.kind !== "file") throw new Failure("not-a-file", "It has no content.");
    const extras = await this.#extras(entry, fetched);
    const size = Number(entry.size);
    const extents = extras?.sparse ? checked(extras.sparse, entry.size) : null;
    await this.#output.begin(place, entry, size);
    this.#growing = { path, size, written: 0, extents };
  }

  /** Contents and end of a file; of one that was given up, nothing. */
  async #goOn(item: Exclude<Item, { type: "step" }>, fetched: Fetched): Promise<void> {
    const growing = this.#growing;
    if (growing === null) return;
    try {
      if (item.type === "content") await this.#append(growing, item.chunks, fetched);
      else await this.#end(growing, item.code);
    } catch (error) {
      await this.#giveUp(growing, codeOf(error));
    }
  }

  async #append(growing: Growing, ids: Bytes[], fetched: Fetched): Promise<void> {
    for (const id of ids) {
      const content = await this.#chunk(id, fetched);
      if (growing.extents === null) await this.#put(growing, content);
      else await this.#putSparse(growing, growing.extents, content);
    }
  }

  async #putSparse(growing: Growing, extents: Extent[], content: Bytes): Promise<void> {
    for (let rest = content; rest.length > 0; ) {
      const extent = extents[0];
      if (extent === undefined) throw malformed("A sparse file", "it has more than its extents");
      const offset = Number(extent.offset);
      await this.#putZeros(growing, offset);
      const piece = rest.subarray(0, offset + Number(extent.length) - growing.written);
      await this.#put(growing, piece);
      rest = rest.subarray(piece.length);
      const done = BigInt(growing.written) - extent.offset;
      if (done === extent.length) extents.shift();
      else extents[0] = { offset: extent.offset + done, length: extent.length - done };
    }
  }

  async #putZeros(growing: Growing, upTo: number): Promise<void> {
    while (growing.written < upTo) {
      await this.#put(growing, ZEROS.subarray(0, upTo - growing.written));
    }
  }

  async #put(growing: Growing, data: Bytes): Promise<void> {
    await this.#output.append(data);
    growing.written += data.length;
    this.#tally.wrote(data.length);
  }

  /** One with holes that shrank while it was backed up is kept, with zeros, and told. */
  async #end(growing: Growing, code: FailureCode | null): Promise<void> {
    if (code !== null) return this.#giveUp(growing, code);
    if (growing.extents !== null) {
      if (growing.extents.length > 0) this.#tally.lament(growing.path, "malformed");
      await this.#putZeros(growing, growing.size);
    }
    await this.#output.end();
    this.#growing = null;
    this.#tally.passed(0);
  }

  async #giveUp(growing: Growing, code: FailureCode): Promise<void> {
    this.#growing = null;
    await this.#output.takeBack(code);
    this.#tally.lament(growing.path, code);
    this.#tally.passed(Math.max(0, growing.size - growing.written));
  }

  async #extras(entry: Entry, fetched: Fetched): Promise<Extras | null> {
    if (entry.extras === null) return null;
    const key = keyOf(entry.extras);
    let extras = this.#decoded.get(key);
    if (extras === undefined) {
      extras = readExtras(await this.#chunk(entry.extras, fetched));
      if (this.#decoded.size >= MOST_DECODED) this.#decoded.clear();
      this.#decoded.set(key, extras);
    }
    return extras;
  }

  async #chunk(id: Bytes, fetched: Fetched): Promise<Bytes> {
    const key = keyOf(id);
    const there = fetched.chunks.get(key);
    if (there !== undefined) return there;
    const source = fetched.isCut ? await this.#later(new Map([[key, id]])) : fetched;
    const found = source.chunks.get(key);
    if (found !== undefined) return found;
    throw new Failure(source.lacking.get(key) ?? "content-missing", "A part of it is missing.");
  }
}

/** Extents that lie in the file. */
function checked(extents: Extent[], size: bigint): Extent[] {
  const last = extents.at(-1);
  if (last && last.offset + last.length > size) {
    throw malformed("A sparse file", "its extents do not fit its size");
  }
  return [...extents];
}
