/** Walks what a person chose, in the order in which it is written. */

import { concat, equal, utf8, type Bytes } from "../bytes";
import type { Entry } from "../entries";
import { Failure, type FailureCode } from "../failures";
import type { Hash } from "../hashing";
import { SafeNames, shown } from "./names";
import type { NodeReader } from "./nodes";

const SLASH = 0x2f;
const MOST_DEPTH = 4096;

/** Something that was chosen. Above the roots there are folders without an entry. */
export interface Found {
  path: Bytes;
  entry: Entry | null;
}

/** `place`: the path inside a ZIP. `path`: for people. */
export type Step =
  | { type: "entry"; place: string; path: string; entry: Entry }
  | { type: "problem"; path: string; code: FailureCode };

/** What lies at `path`, a path of exact bytes; `no-such-path` when nothing does. */
export async function find(reader: NodeReader, rootsId: Bytes, path: Bytes): Promise<Found> {
  const roots = await reader.roots(rootsId);
  for (const root of roots) {
    if (equal(path, root.name)) return { path, entry: root };
    if (isBelow(path, root.name)) return { path, entry: await descend(reader, root, path) };
  }
  if (path.length === 0 || roots.some((root) => isBelow(root.name, path))) {
    return { path, entry: null };
  }
  throw noSuchPath();
}

async function descend(reader: NodeReader, root: Entry, path: Bytes): Promise<Entry> {
  let entry: Entry | null = root;
  for (const name of parts(path.subarray(root.name.length))) {
    entry = entry.tree === null ? null : await reader.entry(entry.tree, name);
    if (entry === null) throw noSuchPath();
  }
  return entry;
}

/** Instead of what lies above the roots, the roots below it. */
export async function expand(
  reader: NodeReader,
  rootsId: Bytes,
  found: Found[],
): Promise<(Found & { entry: Entry })[]> {
  const roots = await reader.roots(rootsId);
  return found.flatMap(({ path, entry }) => {
    if (entry !== null) return [{ path, entry }];
    const below = roots.filter((root) => path.length === 0 || isBelow(root.name, path));
    return below.map((root) => ({ path: root.name, entry: root }));
  });
}

interface Level {
  place: string;
  path: Bytes;
  names: SafeNames;
  pages: AsyncGenerator<Entry[]>;
  waiting: Entry[];
}

/** Everything in and below what was chosen; each folder before what is in it. */
export async function* walk(
  reader: NodeReader,
  chosen: (Found & { entry: Entry })[],
  hash: Hash,
  top = new SafeNames(hash, true),
): AsyncGenerator<Step> {
  for (const { path, entry } of chosen) {
    const place = top.give(parts(path).at(-1) ?? utf8("root"));
    yield* walkOne(reader, { place, path, entry }, hash);
  }
}

async function* walkOne(
  reader: NodeReader,
  from: { place: string; path: Bytes; entry: Entry },
  hash: Hash,
): AsyncGenerator<Step> {
  yield { type: "entry", place: from.place, path: shown(from.path), entry: from.entry };
  if (from.entry.kind !== "folder") return;
  // A stack in place of recursion: folders may be nested deeper than calls may be.
  const stack = [await enter(reader, from, [], hash)];
  for (let level = stack.at(-1); level !== undefined; level = stack.at(-1)) {
    const entry = await next(level).catch((error: unknown) => codeOf(error));
    if (entry === null) {
      stack.pop();
    } else if (typeof entry === "string") {
      yield { type: "problem", path: shown(level.path), code: entry };
      stack.pop();
    } else {
      const path = join(level.path, entry.name);
      const place = `${level.place}/${level.names.give(entry.name)}`;
      yield { type: "entry", place, path: shown(path), entry };
      if (entry.kind !== "folder") continue;
      if (stack.length < MOST_DEPTH) {
        stack.push(await enter(reader, { place, path, entry }, level.waiting, hash));
      } else {
        yield { type: "problem", path: shown(path), code: "malformed" };
      }
    }
  }
}

async function enter(
  reader: NodeReader,
  folder: { place: string; path: Bytes; entry: Entry },
  beside: Entry[],
  hash: Hash,
): Promise<Level> {
  await reader.readAhead(folder.entry, beside);
  return {
    place: folder.place,
    path: folder.path,
    names: new SafeNames(hash, false),
    pages: reader.entries(folder.entry.tree!),
    waiting: [],
  };
}

async function next(level: Level): Promise<Entry | null> {
  while (level.waiting.length === 0) {
    const { done, value } = await level.pages.next();
    if (done) return null;
    level.waiting = [...value];
    level.waiting.reverse();
  }
  return level.waiting.pop()!;
}

/** The code of a failure that concerns one thing only; the others end the work. */
export function codeOf(error: unknown): FailureCode {
  if (error instanceof Failure && !ENDING.includes(error.code)) return error.code;
  throw error;
}

const ENDING: FailureCode[] = [
  "not-signed-in",
  "server-unreachable",
  "refused",
  "no-space",
  "not-written",
];

export function join(folder: Bytes, name: Bytes): Bytes {
  return folder.at(-1) === SLASH ? concat(folder, name) : concat(folder, utf8("/"), name);
}

function isBelow(path: Bytes, folder: Bytes): boolean {
  const start = folder.at(-1) === SLASH ? folder : concat(folder, utf8("/"));
  return path.length > start.length && equal(path.subarray(0, start.length), start);
}

/** The names in a path, without empty ones. */
function parts(path: Bytes): Bytes[] {
  const found: Bytes[] = [];
  for (let start = 0; start < path.length; ) {
    const slash = path.indexOf(SLASH, start);
    const end = slash === -1 ? path.length : slash;
    if (end > start) found.push(path.subarray(start, end));
    start = end + 1;
  }
  return found;
}

function noSuchPath(): Failure {
  return new Failure("no-such-path", "That is not in this snapshot.");
}
