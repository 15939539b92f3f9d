/** Nodes fetched in batches, checked against their ids, and kept for a while as plain bytes. */

import { compare, equal, type Bytes } from "../bytes";
import { malformed } from "../cbor";
import type { Entry } from "../entries";
import { Failure } from "../failures";
import type { Hash } from "../hashing";
import { checkPage, readNode, unpackNode, type Folder, type TreeNode } from "../tree";
import { keyOf, type Source } from "./source";

const PAGES_AT_ONCE = 4;
const NODES_AT_ONCE = 200;
const NODES_AHEAD = 600;
const ENTRIES_AHEAD = 12_000;
const ROUNDS_AHEAD = 3;
const KEPT_BYTES = 6 * 1024 * 1024;

export class NodeReader {
  readonly #source: Source;
  readonly #hash: Hash;
  /** Parsed they would take several times as much. The oldest stand first. */
  readonly #kept = new Map<string, Bytes>();
  #size = 0;

  constructor(source: Source, hash: Hash) {
    this.#source = source;
    this.#hash = hash;
  }

  /** A folder's entries, in order, page by page. */
  async *entries(tree: Bytes): AsyncGenerator<Entry[]> {
    const node = await this.#node(tree);
    if (node.type !== "index") {
      yield aListing(node).entries;
      return;
    }
    for (const [at, page] of node.pages.entries()) {
      const coming = node.pages.slice(at, at + PAGES_AT_ONCE);
      await this.#fetch(coming.map((one) => one.id));
      yield checkPage(node, at, await this.#node(page.id)).entries;
    }
  }

  /** The entry called `name`; of a long folder one page is read. */
  async entry(tree: Bytes, name: Bytes): Promise<Entry | null> {
    let node = await this.#node(tree);
    if (node.type === "index") {
      const number = node.pages.findLastIndex((page) => compare(page.firstName, name) <= 0);
      if (number === -1) return null;
      node = checkPage(node, number, await this.#node(node.pages[number]!.id));
    }
    return aListing(node).entries.find((entry) => equal(entry.name, name)) ?? null;
  }

  async roots(id: Bytes): Promise<Entry[]> {
    const node = await this.#node(id);
    if (node.type !== "folder" || !node.roots) throw malformed("The list of roots", "it is none");
    return node.entries;
  }

  /** A file's chunk ids, in order; a chunk list comes page by page. */
  async *chunks(entry: Entry): AsyncGenerator<Bytes[]> {
    if (entry.chunkList === null) {
      yield entry.chunks;
      return;
    }
    const list = await this.#node(entry.chunkList);
    if (list.type !== "chunk-list") throw malformed("A file's chunk list", "it is something else");
    for (const id of list.pages) {
      const page = await this.#node(id);
      if (page.type !== "chunk-page") throw malformed("A file's chunk list", "a page is none");
      yield page.chunks;
    }
  }

  /**
   * Fetch a folder's listing, unless it is at hand, with those that will be needed soon: one
   * question for many. `coming`: the folders that are entered next.
   */
  async readAhead(folder: Entry, coming: Entry[]): Promise<void> {
    if (this.#holds(folder)) return;
    const missing = coming.filter((one) => one.tree !== null && !this.#holds(one));
    let level = [folder, ...missing].slice(0, NODES_AT_ONCE);
    let [nodes, entries] = [0, 0];
    for (let round = 0; round < ROUNDS_AHEAD && level.length > 0; round += 1) {
      const some = firstOf(level, ENTRIES_AHEAD - entries);
      await this.#fetch(some.map((one) => one.tree!));
      nodes += some.length;
      const below = some.flatMap((one) => this.#foldersIn(one));
      entries += below.length + some.reduce((sum, one) => sum + one.subtreeFiles, 0);
      level = below.filter((one) => !this.#holds(one));
      if (nodes >= NODES_AHEAD || entries >= ENTRIES_AHEAD) return;
    }
  }

  #holds(folder: Entry): boolean {
    return this.#kept.has(keyOf(folder.tree!));
  }

  /** What is wrong with a listing shows in its turn. */
  #foldersIn(folder: Entry): Entry[] {
    const plain = this.#kept.get(keyOf(folder.tree!));
    if (plain === undefined) return [];
    try {
      const node = readNode(plain);
      return node.type === "folder" ? node.entries.filter((one) => one.kind === "folder") : [];
    } catch {
      return [];
    }
  }

  async #node(id: Bytes): Promise<TreeNode> {
    const key = keyOf(id);
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return readNode(kept);
    }
    const packed = (await this.#source.nodes([id])).get(key);
    if (packed === undefined) {
      throw new Failure("content-missing", "The server does not have a listing.");
    }
    const plain = await unpackNode(packed, id, this.#hash);
    this.#keep(key, plain);
    return readNode(plain);
  }

  /** Those of these that can be had, with one question. */
  async #fetch(ids: Bytes[]): Promise<void> {
    const missing = ids.filter((id) => !this.#kept.has(keyOf(id)));
    if (missing.length === 0) return;
    const packed = await this.#source.nodes(missing);
    for (const id of missing) {
      const found = packed.get(keyOf(id));
      const plain = found && (await unpackNode(found, id, this.#hash).catch(() => null));
      if (plain) this.#keep(keyOf(id), plain);
    }
  }

  #keep(key: string, plain: Bytes): void {
    if (this.#kept.has(key)) return;
    this.#kept.set(key, plain);
    this.#size += plain.length;
    for (const [oldest, bytes] of this.#kept) {
      if (this.#size <= KEPT_BYTES || oldest === key) return;
      this.#kept.delete(oldest);
      this.#size -= bytes.length;
    }
  }
}

function aListing(node: TreeNode): Folder {
  if (node.type !== "folder" || node.roots) throw malformed("A folder's listing", "it is none");
  return node;
}

/** The first of these, no more than memory should hold: what is below one bounds its listing. */
function firstOf(folders: Entry[], mostEntries: number): Entry[] {
  let size = 0;
  const past = folders.slice(0, NODES_AT_ONCE).findIndex((folder, number) => {
    size += folder.subtreeFiles;
    return number > 0 && size > mostEntries;
  });
  return folders.slice(0, past === -1 ? NODES_AT_ONCE : past);
}
