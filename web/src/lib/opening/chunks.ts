/** Chunks: where they lie, the bytes, opened, and each compared with its id. */

import { openBlock, sealedDataKey } from "../block";
import { compare, equal, release, type Bytes } from "../bytes";
import { splitIds } from "../entries";
import { Failure, type FailureCode } from "../failures";
import type { Hash } from "../hashing";
import { openDataKey, type AccountKeys } from "../keys";
import { keyOf, type BlockPlace, type Source } from "./source";
import { codeOf } from "./walk";

const MEBIBYTE = 1024 * 1024;
/** Of contents fetched together. */
export const WINDOW_BYTES = 8 * MEBIBYTE;
const MOST_BYTES = 4 * WINDOW_BYTES; // as a fetch may bring, whatever sizes the listings claim
const READ_BYTES = 8 * MEBIBYTE;
const READ_GAP = 64 * 1024; // between two blocks that one read brings
const KEPT_BYTES = 6 * MEBIBYTE;
const MOST_DATA_KEYS = 10_000;

const NOTHING = new Uint8Array(0);

/** Chunks by `keyOf` their id, and of the others why they cannot be had. */
export interface Fetched {
  chunks: Map<string, Bytes>;
  /** Those of them that nobody else has: to be released once they are written. */
  owned: Bytes[];
  lacking: Map<string, FailureCode>;
  /** There was more than an honest listing can ask for at once: the others may be had alone. */
  isCut: boolean;
}

/** Blocks that one request brings. */
interface Read {
  pack: Bytes;
  start: number;
  end: number;
  blocks: BlockPlace[];
}

interface Wish extends Fetched {
  missing: Map<string, Bytes>;
  size: number;
}

export class ChunkReader {
  readonly #source: Source;
  readonly #keys: AccountKeys;
  readonly #keyedHash: Hash;
  readonly #dataKeys = new Map<string, Promise<Bytes>>();
  /** The last blocks of several chunks: what comes next often begins in the middle of one. */
  readonly #opened = new Map<string, Bytes[]>();
  #openedBytes = 0;

  constructor(source: Source, keys: AccountKeys, keyedHash: Hash) {
    this.#source = source;
    this.#keys = keys;
    this.#keyedHash = keyedHash;
  }

  /** A chunk that does not match its id is sought in the next block that is said to hold it. */
  async fetch(wanted: Map<string, Bytes>): Promise<Fetched> {
    const wish: Wish = {
      chunks: new Map(),
      owned: [],
      lacking: new Map(),
      missing: new Map(wanted),
      size: 0,
      isCut: false,
    };
    if (wanted.size === 0) return wish;
    const places = new Set(await this.#source.locate([...wanted.values()]));
    for (const key of wanted.keys()) wish.lacking.set(key, "content-missing");
    for (let blocks = choose(places, wish); blocks.length > 0; blocks = choose(places, wish)) {
      for (const read of joined(blocks)) {
        if (wish.size > MOST_BYTES) return { ...wish, isCut: true };
        await this.#read(read, wish);
      }
    }
    return wish;
  }

  async #read(read: Read, wish: Wish): Promise<void> {
    const isKept = read.blocks.every((block) => this.#opened.has(placeKey(block)));
    let data: Bytes;
    try {
      data = isKept ? NOTHING : await this.#source.readPack(read.pack, read.start, read.end);
    } catch (error) {
      for (const block of read.blocks) mark(block, wish, codeOf(error));
      return;
    }
    for (const block of read.blocks) {
      const at = block.offset - read.start;
      try {
        const contents = this.#kept(block) ?? (await this.#open(data.subarray(at, at + block.length)));
        this.#keep(block, contents);
        this.#take(block, contents, wish);
      } catch (error) {
        mark(block, wish, codeOf(error));
      }
    }
    if (!isKept) release(data);
  }

  async #open(sealed: Bytes): Promise<Bytes[]> {
    const dataKey = await this.#dataKey(sealedDataKey(sealed));
    return openBlock(sealed, dataKey, this.#keys.account, this.#keys.hedgeKey);
  }

  #dataKey(sealed: Bytes): Promise<Bytes> {
    const key = keyOf(sealed);
    let opened = this.#dataKeys.get(key);
    if (opened === undefined) {
      if (this.#dataKeys.size >= MOST_DATA_KEYS) this.#dataKeys.clear();
      opened = openDataKey(sealed, this.#keys);
      this.#dataKeys.set(key, opened);
    }
    return opened;
  }

  /** What is wanted of a block and matches its id; copied where it is little, to free the rest. */
  #take(block: BlockPlace, contents: Bytes[], wish: Wish): void {
    const ids = splitIds(block.chunks);
    if (ids.length !== contents.length) {
      throw new Failure("block-damaged", "A block holds another number of chunks than was said.");
    }
    const wanted = ids.map((id, at) => ({ id, key: keyOf(id), content: contents[at]! }));
    const missing = wanted.filter(({ key }) => wish.missing.has(key));
    const isLittle = 2 * sizeOf(missing.map((one) => one.content)) < sizeOf(contents);
    for (const { id, key, content } of missing) {
      if (!equal(this.#keyedHash(content), id)) {
        wish.lacking.set(key, "chunk-mismatch");
        continue;
      }
      wish.chunks.set(key, isLittle ? content.slice() : content);
      if (ids.length === 1) wish.owned.push(content);
      wish.size += content.length;
      wish.missing.delete(key);
      wish.lacking.delete(key);
    }
  }

  #kept(block: BlockPlace): Bytes[] | undefined {
    const key = placeKey(block);
    const contents = this.#opened.get(key);
    if (contents !== undefined) {
      this.#opened.delete(key);
      this.#opened.set(key, contents);
    }
    return contents;
  }

  #keep(block: BlockPlace, contents: Bytes[]): void {
    const size = sizeOf(contents);
    const key = placeKey(block);
    if (contents.length === 1 || size > KEPT_BYTES || this.#opened.has(key)) return;
    this.#opened.set(key, contents);
    this.#openedBytes += size;
    for (const [oldest, others] of this.#opened) {
      if (this.#openedBytes <= KEPT_BYTES) return;
      this.#opened.delete(oldest);
      this.#openedBytes -= sizeOf(others);
    }
  }
}

function sizeOf(contents: Bytes[]): number {
  return contents.reduce((sum, one) => sum + one.length, 0);
}

function placeKey(block: BlockPlace): string {
  return `${keyOf(block.pack)}${block.offset}`;
}

/** Blocks, not tried yet, that together hold what is still missing, as few as can be told. */
function choose(places: Set<BlockPlace>, wish: Wish): BlockPlace[] {
  const open = new Set(wish.missing.keys());
  return [...places].filter((place) => {
    const held = keysIn(place).filter((key) => open.has(key));
    for (const key of held) open.delete(key);
    return held.length > 0 && places.delete(place);
  });
}

/** Blocks that lie side by side come with one request. */
function joined(blocks: BlockPlace[]): Read[] {
  const reads: Read[] = [];
  for (const block of blocks.toSorted(byPlace)) {
    const end = block.offset + block.length;
    const last = reads.at(-1);
    const fits =
      last !== undefined &&
      equal(last.pack, block.pack) &&
      block.offset - last.end <= READ_GAP &&
      end - last.start <= READ_BYTES;
    if (fits) {
      last.end = Math.max(last.end, end);
      last.blocks.push(block);
    } else {
      reads.push({ pack: block.pack, start: block.offset, end, blocks: [block] });
    }
  }
  return reads;
}

function byPlace(one: BlockPlace, other: BlockPlace): number {
  return compare(one.pack, other.pack) || one.offset - other.offset;
}

function keysIn(place: BlockPlace): string[] {
  return splitIds(place.chunks).map(keyOf);
}

function mark(block: BlockPlace, wish: Wish, code: FailureCode): void {
  for (const key of keysIn(block)) if (wish.missing.has(key)) wish.lacking.set(key, code);
}
