/** What a choice is, proven: from the account's key down to the entries that were chosen. */

import type { Bytes } from "../bytes";
import type { Entry } from "../entries";
import { Failure } from "../failures";
import { blake3, type Hash } from "../hashing";
import type { AccountKeys } from "../keys";
import { ChunkReader } from "./chunks";
import type { Choice } from "./messages";
import { NodeReader } from "./nodes";
import { proveDevice, type ProvenRoots } from "./proof";
import type { Source } from "./source";
import { expand, find, type Found } from "./walk";

/** Everything one piece of work needs; its memory is its own. */
export interface Opened {
  chosen: (Found & { entry: Entry })[];
  nodes: NodeReader;
  chunks: ChunkReader;
  hash: Hash;
}

export class Opener {
  readonly #keys: AccountKeys;
  readonly #hash: Hash;
  readonly #keyedHash: Hash;
  readonly #proven = new Map<string, ProvenRoots>();

  private constructor(keys: AccountKeys, hash: Hash, keyedHash: Hash) {
    this.#keys = keys;
    this.#hash = hash;
    this.#keyedHash = keyedHash;
  }

  static async create(keys: AccountKeys): Promise<Opener> {
    return new Opener(keys, await blake3(), await blake3(keys.idKey));
  }

  async open(choice: Choice, source: Source): Promise<Opened> {
    const roots = await this.#roots(choice, source);
    const nodes = new NodeReader(source, this.#hash);
    const found: Found[] = [];
    for (const path of choice.paths) found.push(await find(nodes, roots, path));
    const chosen = await expand(nodes, roots, found);
    const chunks = new ChunkReader(source, this.#keys, this.#keyedHash);
    return { chosen, nodes, chunks, hash: this.#hash };
  }

  /** A device's history is proven anew when it lacks what is asked for: it may have grown. */
  async #roots({ device, sequence }: Choice, source: Source): Promise<Bytes> {
    const known = this.#proven.get(device)?.get(sequence);
    if (known !== undefined) return known;
    const proven = await proveDevice(source, device, this.#keys, this.#hash);
    this.#proven.set(device, proven);
    const roots = proven.get(sequence);
    if (roots === undefined) throw new Failure("no-such-snapshot", "That snapshot is not there.");
    return roots;
  }
}
