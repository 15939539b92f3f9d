/** What is written, cut into windows whose contents are fetched together, ahead of the writing. */

import type { Bytes } from "../bytes";
import type { Entry } from "../entries";
import type { FailureCode } from "../failures";
import { WINDOW_BYTES, type Fetched } from "./chunks";
import type { NodeReader } from "./nodes";
import { keyOf } from "./source";
import { codeOf, type Step } from "./walk";

const AVERAGE_CHUNK = 1024 * 1024;
const FEWEST_LISTED = 1_000; // a file with a chunk list has more chunks than this
const MOST_CHUNKS = 4_000;
const MOST_ITEMS = 4_000;
const EXTRAS_BYTES = 1024;
const WINDOWS_AHEAD = 2;

/** A file is a step, then its contents, then its end; with a code, the rest cannot be known. */
export type Item =
  | { type: "step"; step: Step }
  | { type: "content"; chunks: Bytes[] }
  | { type: "end"; code: FailureCode | null };

export interface Window {
  items: Item[];
  wanted: Map<string, Bytes>;
}

export async function* windows(
  steps: AsyncIterable<Step>,
  reader: NodeReader,
): AsyncGenerator<Window> {
  let window: Window = { items: [], wanted: new Map() };
  let bytes = 0;
  for await (const step of steps) {
    for await (const { item, wanted, size } of itemsOf(step, reader)) {
      window.items.push(item);
      for (const id of wanted) window.wanted.set(keyOf(id), id);
      bytes += size;
      const isFull = window.wanted.size >= MOST_CHUNKS || window.items.length >= MOST_ITEMS;
      if (bytes < WINDOW_BYTES && !isFull) continue;
      yield window;
      window = { items: [], wanted: new Map() };
      bytes = 0;
    }
  }
  yield window;
}

interface Weighed {
  item: Item;
  wanted: Bytes[];
  size: number;
}

async function* itemsOf(step: Step, reader: NodeReader): AsyncGenerator<Weighed> {
  const extras = step.type === "entry" && step.entry.extras ? [step.entry.extras] : [];
  yield { item: { type: "step", step }, wanted: extras, size: EXTRAS_BYTES * extras.length };
  if (step.type !== "entry" || step.entry.kind !== "file") return;
  const { entry } = step;
  const average = averageOf(entry);
  const atOnce = Math.min(MOST_CHUNKS, Math.max(1, Math.floor(WINDOW_BYTES / (average || 1))));
  let code: FailureCode | null = null;
  try {
    for await (const page of reader.chunks(entry)) {
      for (let at = 0; at < page.length; at += atOnce) {
        const chunks = page.slice(at, at + atOnce);
        yield { item: { type: "content", chunks }, wanted: chunks, size: average * chunks.length };
      }
    }
  } catch (error) {
    code = codeOf(error);
  }
  yield { item: { type: "end", code }, wanted: [], size: 0 };
}

/** The length of one of its chunks, about: how many there are is not known before all are read. */
function averageOf({ size, chunks, chunkList }: Entry): number {
  const length = Number(size);
  return chunkList ? Math.min(AVERAGE_CHUNK, length / FEWEST_LISTED) : length / (chunks.length || 1);
}

/** Each window with its chunks, in order, while the next ones are on their way. */
export async function* fetchedAhead(
  coming: AsyncIterator<Window>,
  fetch: (wanted: Map<string, Bytes>) => Promise<Fetched>,
  gate: () => Promise<void>,
): AsyncGenerator<[Window, Fetched]> {
  const waiting: [Window, Promise<Fetched>][] = [];
  for (let isEnd = false; !isEnd || waiting.length > 0; ) {
    await gate();
    while (!isEnd && waiting.length <= WINDOWS_AHEAD) {
      const { done, value } = await coming.next();
      isEnd = done === true;
      if (done) break;
      const fetched = fetch(value.wanted);
      fetched.catch(() => undefined); // it is thrown when its turn comes
      waiting.push([value, fetched]);
    }
    const [window, fetched] = waiting.shift() ?? [];
    if (window && fetched) yield [window, await fetched];
  }
}
