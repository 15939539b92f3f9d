/**
 * Trees: nodes opened and checked, as `csbackup.format.tree` builds them.
 *
 *     node = [1, kind, payload], named by BLAKE3 of its plain bytes, kept as one zstd frame
 */

import { compare, equal, type Bytes } from "./bytes";
import { decodeVersioned, fields, malformed, type Value } from "./cbor";
import { ID_BYTES, isId, readEntries, splitIds, type Entry } from "./entries";
import { Failure } from "./failures";
import type { Hash } from "./hashing";
import { declaredSize, decompress } from "./zstd";

const VERSION = 1;
const MAX_NODE = 16 * 1024 * 1024;

export interface Folder {
  type: "folder";
  entries: Entry[];
  /** Whether these are the roots of a snapshot, whose names are whole paths. */
  roots: boolean;
}

/** The pages of a long folder, in order; each is a listing, never an index again. */
export interface FolderIndex {
  type: "index";
  pages: { id: Bytes; firstName: Bytes }[];
}

export interface ReportLine {
  problem: string;
  path: Bytes;
  message: string;
}

export type TreeNode =
  | Folder
  | FolderIndex
  | { type: "chunk-page"; chunks: Bytes[] }
  | { type: "chunk-list"; pages: Bytes[] }
  | { type: "report"; lines: ReportLine[] }
  | { type: "settings"; payload: Value[] };

/** The plain bytes of a node, checked against its id. `hash` is BLAKE3 without a key. */
export async function unpackNode(packed: Bytes, expected: Bytes, hash: Hash): Promise<Bytes> {
  const size = await declaredSize(packed);
  if (size !== null && !(size > 0 && size <= MAX_NODE)) {
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
  const value = decodeVersioned(plain, VERSION, what);
  const read = READERS[value[1] as number];
  if (value.length !== 3 || read === undefined) throw malformed(what, "its kind is unknown");
  return read(value[2]!);
}

const READERS: ((payload: Value) => TreeNode)[] = [
  (payload) => ({ type: "folder", entries: readEntries(payload, false), roots: false }),
  readIndex,
  readChunkPage,
  readChunkList,
  (payload) => ({ type: "folder", entries: readEntries(payload, true), roots: true }),
  readReport,
  (payload) => ({ type: "settings", payload: array(payload, "Settings") }),
];

function readIndex(payload: Value): FolderIndex {
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

/** `page` as the listing it must be: it begins as named in the index and ends before the next. */
export function checkPage(index: FolderIndex, number: number, page: TreeNode): Folder {
  const wrong = malformed("A folder's index", "a page is not what it names");
  if (page.type !== "folder" || page.roots) throw wrong;
  const first = page.entries[0];
  const last = page.entries.at(-1);
  const named = index.pages[number];
  const following = index.pages[number + 1];
  if (!first || !last || !named || !equal(first.name, named.firstName)) throw wrong;
  if (following && compare(last.name, following.firstName) >= 0) throw wrong;
  return page;
}

function readChunkPage(payload: Value): TreeNode {
  const cut = malformed("A chunk list", "its ids are cut short");
  if (!(payload instanceof Uint8Array)) throw cut;
  if (payload.length === 0 || payload.length % ID_BYTES !== 0) throw cut;
  return { type: "chunk-page", chunks: splitIds(payload) };
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
