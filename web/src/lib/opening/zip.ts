/**
 * ZIP as other programs read it: stored, ZIP64 where needed, names in UTF-8, Unix modes and times.
 *
 *     archive = (local header, name, extra, content)* , directory, end
 *
 * A file's checksum is put into its header once its content is there; a file that turns out not to
 * be whole is taken back, so that there is never a wrong one. Sizes are known beforehand.
 */

import { createCRC32 } from "hash-wasm";

import { utf8, type Bytes } from "../bytes";
import { Failure } from "../failures";
import { BufferedSink, type Sink } from "./sinks";

const BIG = 0xffff_ffff;
const MANY = 0xffff;
const UTF8_NAMES = 0x0800;
const MADE_BY_UNIX = (3 << 8) | 45;
const FILE = 0o100000;
const FOLDER = 0o040000;
const SYMLINK = 0o120000;
const DOS_FOLDER = 0x10;
const CHECKSUM_AT = 14;
const DIRECTORY_PIECE = 1024 * 1024;

export interface Facts {
  mode: number;
  mtimeNs: bigint;
}

interface Member {
  name: Bytes;
  attributes: number;
  mtimeNs: bigint;
  size: number;
  checksum: Bytes;
  at: number;
}

type Checksum = Awaited<ReturnType<typeof createCRC32>>;

export class ZipWriter {
  readonly #out: BufferedSink;
  readonly #checksum: Checksum;
  readonly #directory = new Directory();
  #growing: (Member & { written: number }) | null = null;

  private constructor(sink: Sink, checksum: Checksum) {
    this.#out = new BufferedSink(sink);
    this.#checksum = checksum;
  }

  static async create(sink: Sink): Promise<ZipWriter> {
    return new ZipWriter(sink, await createCRC32());
  }

  /** As long as the archive would be, if it ended here. */
  get length(): number {
    return this.#out.position + this.#directory.size;
  }

  async folder(place: string, facts: Facts): Promise<void> {
    await this.#begin(`${place}/`, FOLDER, facts, 0);
    await this.end();
  }

  async symlink(place: string, facts: Facts, target: Bytes): Promise<void> {
    await this.#begin(place, SYMLINK, facts, target.length);
    await this.append(target);
    await this.end();
  }

  /** Its content follows by `append`, then `end` or `takeBack`. */
  async begin(place: string, facts: Facts, size: number): Promise<void> {
    await this.#begin(place, FILE, facts, size);
  }

  async append(data: Bytes): Promise<void> {
    const member = this.#growing!;
    member.written += data.length;
    if (member.written > member.size) throw wrongLength();
    this.#checksum.update(data);
    await this.#out.append(data);
  }

  async end(): Promise<void> {
    const member = this.#growing!;
    if (member.written !== member.size) throw wrongLength();
    // hash-wasm gives the most significant byte first, ZIP wants it last.
    member.checksum = new Uint8Array(this.#checksum.digest("binary")).toReversed();
    await this.#out.patch(member.checksum, member.at + CHECKSUM_AT);
    this.#directory.add(directoryHeader(member));
    this.#growing = null;
  }

  /** As if the file had never begun. */
  async takeBack(): Promise<void> {
    if (this.#growing !== null) await this.#out.rewind(this.#growing.at);
    this.#growing = null;
  }

  async finish(): Promise<Blob | null> {
    const start = this.#out.position;
    for await (const piece of this.#directory.pieces()) await this.#out.append(piece);
    const size = this.#out.position - start;
    await this.#out.append(endOfArchive(this.#directory.count, size, start));
    return this.#out.finish();
  }

  async #begin(place: string, type: number, facts: Facts, size: number): Promise<void> {
    const name = utf8(place);
    if (name.length > MANY) throw new Failure("path-too-long", "A path is too long for a ZIP.");
    const dos = type === FOLDER ? DOS_FOLDER : 0;
    const attributes = (((type | facts.mode) << 16) | dos) >>> 0;
    const { mtimeNs } = facts;
    const at = this.#out.position;
    const member = { name, attributes, mtimeNs, size, checksum: new Uint8Array(4), at, written: 0 };
    this.#checksum.init();
    this.#growing = member;
    await this.#out.append(localHeader(member));
  }
}

/** The directory's records; what is finished of them lies outside of this thread's memory. */
class Directory {
  count = 0;
  size = 0;
  readonly #pieces: Blob[] = [];
  #piece = new Uint8Array(DIRECTORY_PIECE);
  #used = 0;

  add(header: Bytes): void {
    if (this.#used + header.length > DIRECTORY_PIECE) {
      this.#pieces.push(new Blob([this.#piece.subarray(0, this.#used)]));
      this.#used = 0;
    }
    this.#piece.set(header, this.#used);
    this.#used += header.length;
    this.size += header.length;
    this.count += 1;
  }

  async *pieces(): AsyncGenerator<Bytes> {
    for (const piece of this.#pieces) yield new Uint8Array(await piece.arrayBuffer());
    yield this.#piece.slice(0, this.#used);
  }
}

function localHeader(member: Member): Bytes {
  const isBig = member.size >= BIG;
  const size = isBig ? BIG : member.size;
  const sizes = isBig ? [{ u16: 1 }, { u16: 16 }, { u64: member.size }, { u64: member.size }] : [];
  const extra = pack([...sizes, ...times(member.mtimeNs)]);
  return pack([
    { u32: 0x0403_4b50 },
    { u16: isBig ? 45 : 20 },
    { u16: UTF8_NAMES },
    { u16: 0 },
    { u32: dosTime(member.mtimeNs) },
    { bytes: member.checksum },
    { u32: size },
    { u32: size },
    { u16: member.name.length },
    { u16: extra.length },
    { bytes: member.name },
    { bytes: extra },
  ]);
}

function directoryHeader(member: Member): Bytes {
  const isBig = member.size >= BIG;
  const isFar = member.at >= BIG;
  const size = isBig ? BIG : member.size;
  const sizes = isBig ? [{ u64: member.size }, { u64: member.size }] : [];
  const wide = [...sizes, ...(isFar ? [{ u64: member.at }] : [])];
  const zip64 = wide.length > 0 ? [{ u16: 1 }, { u16: 8 * wide.length }, ...wide] : [];
  const extra = pack([...zip64, ...times(member.mtimeNs)]);
  return pack([
    { u32: 0x0201_4b50 },
    { u16: MADE_BY_UNIX },
    { u16: wide.length > 0 ? 45 : 20 },
    { u16: UTF8_NAMES },
    { u16: 0 },
    { u32: dosTime(member.mtimeNs) },
    { bytes: member.checksum },
    { u32: size },
    { u32: size },
    { u16: member.name.length },
    { u16: extra.length },
    { u16: 0 }, // comment
    { u16: 0 }, // disk
    { u16: 0 }, // is it text?
    { u32: member.attributes },
    { u32: isFar ? BIG : member.at },
    { bytes: member.name },
    { bytes: extra },
  ]);
}

function endOfArchive(count: number, size: number, start: number): Bytes {
  const isWide = count >= MANY || size >= BIG || start >= BIG;
  const wideEnd: Item[] = [
    { u32: 0x0606_4b50 },
    { u64: 44 },
    { u16: MADE_BY_UNIX },
    { u16: 45 },
    { u32: 0 },
    { u32: 0 },
    { u64: count },
    { u64: count },
    { u64: size },
    { u64: start },
    { u32: 0x0706_4b50 },
    { u32: 0 },
    { u64: start + size },
    { u32: 1 },
  ];
  return pack([
    ...(isWide ? wideEnd : []),
    { u32: 0x0605_4b50 },
    { u16: 0 },
    { u16: 0 },
    { u16: Math.min(count, MANY) },
    { u16: Math.min(count, MANY) },
    { u32: Math.min(size, BIG) },
    { u32: Math.min(start, BIG) },
    { u16: 0 },
  ]);
}

/** The extended timestamp: seconds of UTC, as far as 32 bits go. */
function times(mtimeNs: bigint): Item[] {
  const seconds = Number(BigInt.asIntN(64, mtimeNs) / 1_000_000_000n);
  const floored = mtimeNs < 0n && mtimeNs % 1_000_000_000n !== 0n ? seconds - 1 : seconds;
  if (floored !== (floored | 0)) return [];
  return [{ u16: 0x5455 }, { u16: 5 }, { u8: 1 }, { u32: floored >>> 0 }];
}

/** Local time, from 1980 to 2107, in steps of two seconds. */
function dosTime(mtimeNs: bigint): number {
  const date = new Date(Number(mtimeNs / 1_000_000n));
  const year = date.getFullYear();
  if (!(year >= 1980)) return (1 << 21) | (1 << 16);
  if (year > 2107) return ((127 << 25) | (12 << 21) | (31 << 16)) >>> 0;
  const day = ((year - 1980) << 25) | ((date.getMonth() + 1) << 21) | (date.getDate() << 16);
  const time = (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1);
  return (day | time) >>> 0;
}

type Item = { u8: number } | { u16: number } | { u32: number } | { u64: number } | { bytes: Bytes };

/** Least significant byte first. */
function pack(items: Item[]): Bytes {
  const packed = new Uint8Array(items.reduce((sum, item) => sum + lengthOf(item), 0));
  const view = new DataView(packed.buffer);
  let at = 0;
  for (const item of items) {
    if ("u8" in item) view.setUint8(at, item.u8);
    else if ("u16" in item) view.setUint16(at, item.u16, true);
    else if ("u32" in item) view.setUint32(at, item.u32, true);
    else if ("u64" in item) view.setBigUint64(at, BigInt(item.u64), true);
    else packed.set(item.bytes, at);
    at += lengthOf(item);
  }
  return packed;
}

function lengthOf(item: Item): number {
  if ("u8" in item) return 1;
  if ("u16" in item) return 2;
  if ("u32" in item) return 4;
  return "u64" in item ? 8 : item.bytes.length;
}

function wrongLength(): Failure {
  return new Failure("malformed", "A file has another length than its listing says.");
}
