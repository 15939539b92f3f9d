/**
 * Trees: nodes opened and checked, as `csbackup.format.tree` builds them.
 *
 *     node  = [1, kind, payload], named by BLAKE3 of its plain bytes, kept as one zstd frame
 *     entry = [name, kind, size, mtime_ns, mode, uid, gid, owner, group, content, subtree files,
 *              subtree bytes, extras]
 */

import { compare, equal, type Bytes } from "./bytes";
import { count, decode, fields, malformed, typeOf, type Value } from "./cbor";
import { Failure } from "./failures";
import type { Hash } from "./hashing";
import { declaredSize, decompress } from "./zstd";

const VERSION = 1;
const ID_BYTES = 32;
const MAX_NODE = 16 * 1024 * 1024;
const MAX_NAME = 4096;

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

/** A file, folder, link or special file. */
export interface Entry {
  name: Bytes;
  kind: Kind;
  size: number;
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
  subtreeBytes: number;
  /** The chunk id of what few entries have, or null. */
  extras: Bytes | null;
}

export interface ReportLine {
  problem: string;
  path: Bytes;
  message: string;
}

export type TreeNode =
  | { type: "folder"; entries: Entry[]; roots: boolean }
  | { type: "index"; pages: { id: Bytes; firstName: Bytes }[] }
  | { type: "chunk-page"; chunks: Bytes[] }
  | { type: "chunk-list"; pages: Bytes[] }
  | { type: "report"; lines: ReportLine[] }
  | { type: "settings"; payload: Value[] };

/** The plain bytes of a node, checked against its id. `hash` is BLAKE3 without a key. */
export async function unpackNode(packed: Bytes, expected: Bytes, hash: Hash): Promise<Bytes> {
  const size = await declaredSize(packed);
  if (size !== null && !(0 < size && size <= MAX_NODE)) {
    throw malformed("A listing", "it says it is longer than a listing may be");
  }
  const plain = size === null ? null : await decompress(packed, size);
  if (plain === null || !equal(hash(plain), expected)) {
    throw new Failure("tree-mismatch", "A listing does not match its id.");
  }
  return plain;
}

/** The node that `plain` holds, every field checked: names are those of files, order holds. */
export function readNode(plain: Bytes): TreeNode {
  const what = "A listing";
  const value = decode(plain, what);
  if (value[0] !== VERSION) {
    throw new Failure("unknown-version", "A listing has a version this page does not know.");
  }
  const read = typeof value[1] === "number" ? READERS[value[1]] : undefined;
  if (value.length !== 3 || read === undefined) throw malformed(what, "its kind is unknown");
  return read(value[2]!);
}

const READERS: ((payload: Value) => TreeNode)[] = [
  (payload) => ({ type: "folder", entries: readEntries(payload, isFileName), roots: false }),
  readIndex,
  (payload) => ({ type: "chunk-page", chunks: splitIds(payload, "A chunk list") }),
  readChunkList,
  (payload) => ({ type: "folder", entries: readEntries(payload, isRootPath), roots: true }),
  readReport,
  (payload) => ({ type: "settings", payload: array(payload, "Settings") }),
];

function readEntries(payload: Value, isName: (name: Bytes) => boolean): Entry[] {
  let before: Bytes = new Uint8Array(0);
  return array(payload, "A listing").map((row) => {
    const entry = readEntry(row);
    if (!isName(entry.name)) throw malformed("A listing", "a name cannot be the name of a file");
    if (compare(entry.name, before) <= 0) throw malformed("A listing", "it is not in order");
    before = entry.name;
    return entry;
  });
}

function readEntry(row: Value): Entry {
  const what = "An entry";
  const listed = Array.isArray(row) && typeOf(row[9]) === "a";
  const value = fields(row, listed ? "biiiiiibbaiib" : "biiiiiibbbiib", what);
  const kind = KINDS[count(value[1], what)];
  if (kind === undefined) throw new Failure("unknown-version", "An entry has an unknown kind.");
  const mode = count(value[4], what);
  if (mode > 0o7777) throw malformed(what, "a number is out of range");
  return {
    name: value[0] as Bytes,
    kind,
    size: count(value[2], what),
    mtimeNs: BigInt(value[3] as number | bigint),
    mode,
    uid: Number(value[5]),
    gid: Number(value[6]),
    owner: value[7] as Bytes,
    group: value[8] as Bytes,
    ...readContent(kind, value[9]!),
    subtreeFiles: count(value[10], what),
    subtreeBytes: count(value[11], what),
    extras: readExtrasId(value[12] as Bytes),
  };
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
    return { chunks: split(bytes), chunkList: null, tree: null };
  }
  if (bytes.length !== (kind === "folder" ? ID_BYTES : 0)) throw wrong;
  return { chunks: [], chunkList: null, tree: kind === "folder" ? bytes : null };
}

function readExtrasId(extras: Bytes): Bytes | null {
  if (extras.length !== 0 && extras.length !== ID_BYTES) {
    throw malformed("An entry", "a field is out of range");
  }
  return extras.length === 0 ? null : extras;
}

const SLASH = 0x2f;

function isFileName(name: Bytes): boolean {
  if (name.length === 0 || name.length > MAX_NAME) return false;
  return !name.includes(0) && !name.includes(SLASH) && !isDots(name);
}

function isRootPath(path: Bytes): boolean {
  return path.length > 0 && !path.includes(0) && !pathParts(path).some(isDots);
}

function isDots(name: Bytes): boolean {
  return (name.length === 1 || name.length === 2) && name.every((byte) => byte === 0x2e);
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

function readIndex(payload: Value): TreeNode {
  const what = "A folder's index";
  const pages = array(payload, what).map((row) => {
    const [id, firstName] = fields(row, "bb", what) as [Bytes, Bytes];
    return { id, firstName };
  });
  if (pages.length === 0 || !pages.every((page) => isId(page.id))) {
    throw malformed(what, "a page has no id");
  }
  const sorted = pages.every((page, at) => {
    return at === 0 || compare(pages[at - 1]!.firstName, page.firstName) < 0;
  });
  if (!sorted) throw malformed(what, "its pages are not in order");
  return { type: "index", pages };
}

function readChunkList(payload: Value): TreeNode {
  const pages = array(payload, "A chunk list");
  if (pages.length === 0 || !pages.every(isId)) throw malformed("A chunk list", "a page has no id");
  return { type: "chunk-list", pages: pages as Bytes[] };
}

function readReport(payload: Value): TreeNode {
  const text = new TextDecoder();
  const lines = array(payload, "A report").map((row) => {
    const [problem, path, message] = fields(row, "bbb", "A report") as [Bytes, Bytes, Bytes];
    return { problem: text.decode(problem), path, message: text.decode(message) };
  });
  return { type: "report", lines };
}

function array(payload: Value, what: string): Value[] {
  if (!Array.isArray(payload)) throw malformed(what, "it is not an array");
  return payload;
}

function isId(value: unknown): boolean {
  return value instanceof Uint8Array && value.length === ID_BYTES;
}

function splitIds(payload: Value, what: string): Bytes[] {
  if (!(payload instanceof Uint8Array) || payload.length === 0 || payload.length % ID_BYTES !== 0) {
    throw malformed(what, "its ids are cut short");
  }
  return split(payload);
}

function split(joined: Bytes): Bytes[] {
  return Array.from({ length: joined.length / ID_BYTES }, (_, at) => {
    return joined.subarray(at * ID_BYTES, (at + 1) * ID_BYTES);
  });
}
