/**
 * Entries: one file, folder, link or special file each, as they stand in a listing.
 *
 *     entry = [name, kind, size, mtime_ns, mode, uid, gid, owner, group, content, subtree files,
 *              subtree bytes, extras]
 */

import { compare, type Bytes } from "./bytes";
import { fields, malformed, natural, size, typeOf, type Integer, type Value } from "./cbor";
import { Failure } from "./failures";

export const ID_BYTES = 32;
const MAX_NAME = 4096;
const MAX_ROOT_NAME = 32 * 1024;
const MAX_OWNER = 1024;
const MAX_USER = 2 ** 32 - 1;
const MAX_MODE = 0o7777;

export const KINDS = [
  "file",
  "folder",
  "symlink",
  "fifo",
  "socket",
  "char-device",
  "block-device",
] as const;
export type Kind = (typeof KINDS)[number];

export interface Entry {
  name: Bytes;
  kind: Kind;
  size: bigint;
  mtimeNs: bigint;
  mode: number;
  uid: number;
  gid: number;
  owner: Bytes;
  group: Bytes;
  /** A file's chunk ids, in order; empty where `chunkList` is given. */
  chunks: Bytes[];
  chunkList: Bytes | null;
  /** A folder's listing. */
  tree: Bytes | null;
  subtreeFiles: number;
  subtreeBytes: bigint;
  /** The chunk id of what few entries have, or null. */
  extras: Bytes | null;
}

/** The entries of a listing, checked field by field and in order. */
export function readEntries(payload: Value, roots: boolean): Entry[] {
  if (!Array.isArray(payload)) throw malformed("A listing", "it is not an array");
  const isName = roots ? isRootPath : isFileName;
  let before: Bytes | null = null;
  return payload.map((row) => {
    const entry = readEntry(row);
    if (!isName(entry.name)) throw malformed("A listing", "a name cannot be the name of a file");
    if (before !== null && compare(entry.name, before) <= 0) {
      throw malformed("A listing", "its entries are not in order");
    }
    before = entry.name;
    return entry;
  });
}

function readEntry(row: Value): Entry {
  const what = "An entry";
  const listed = Array.isArray(row) && typeOf(row[9]) === "a";
  const value = fields(row, listed ? "biiiiiibbaiib" : "biiiiiibbbiib", what);
  const kind = KINDS[value[1] as number];
  if (kind === undefined) throw new Failure("unknown-version", "An entry has an unknown kind.");
  return {
    name: value[0] as Bytes,
    kind,
    size: size(value[2], what),
    mtimeNs: BigInt(value[3] as Integer),
    mode: natural(value[4], what, MAX_MODE),
    uid: natural(value[5], what, MAX_USER),
    gid: natural(value[6], what, MAX_USER),
    owner: readOwner(value[7] as Bytes),
    group: readOwner(value[8] as Bytes),
    ...readContent(kind, value[9]!),
    subtreeFiles: natural(value[10], what),
    subtreeBytes: size(value[11], what),
    extras: readExtrasId(value[12] as Bytes),
  };
}

function readOwner(name: Bytes): Bytes {
  if (name.length > MAX_OWNER) throw malformed("An entry", "its owner's name is too long");
  return name;
}

function readContent(kind: Kind, content: Value): Pick<Entry, "chunks" | "chunkList" | "tree"> {
  const wrong = malformed("An entry", "its content is not what its kind has");
  if (Array.isArray(content)) {
    if (kind !== "file" || content.length !== 1 || !isId(content[0])) throw wrong;
    return { chunks: [], chunkList: content[0] as Bytes, tree: null };
  }
  const bytes = content as Bytes;
  if (kind === "file") {
    if (bytes.length % ID_BYTES !== 0) throw wrong;
    return { chunks: splitIds(bytes), chunkList: null, tree: null };
  }
  if (bytes.length !== (kind === "folder" ? ID_BYTES : 0)) throw wrong;
  return { chunks: [], chunkList: null, tree: kind === "folder" ? bytes : null };
}

function readExtrasId(extras: Bytes): Bytes | null {
  if (extras.length === 0) return null;
  if (extras.length !== ID_BYTES) throw malformed("An entry", "its extras are no chunk id");
  return extras;
}

export function isId(value: unknown): boolean {
  return value instanceof Uint8Array && value.length === ID_BYTES;
}

/** Ids that stand one after the other. */
export function splitIds(joined: Bytes): Bytes[] {
  return Array.from({ length: joined.length / ID_BYTES }, (_, at) => {
    return joined.subarray(at * ID_BYTES, (at + 1) * ID_BYTES);
  });
}

const SLASH = 0x2f;
const DOT = 0x2e;

function isFileName(name: Bytes): boolean {
  if (name.length === 0 || name.length > MAX_NAME) return false;
  return !name.includes(0) && !name.includes(SLASH) && !isDots(name);
}

function isRootPath(path: Bytes): boolean {
  if (path.length === 0 || path.length > MAX_ROOT_NAME || path.includes(0)) return false;
  return !pathParts(path).some(isDots);
}

function isDots(name: Bytes): boolean {
  return (name.length === 1 || name.length === 2) && name.every((byte) => byte === DOT);
}

function pathParts(path: Bytes): Bytes[] {
  const parts: Bytes[] = [];
  let start = 0;
  for (let at = path.indexOf(SLASH); at !== -1; at = path.indexOf(SLASH, start)) {
    parts.push(path.subarray(start, at));
    start = at + 1;
  }
  return [...parts, path.subarray(start)];
}
