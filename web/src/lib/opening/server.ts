/** The server as a source of sealed contents: bounded answers, patience when the network goes. */

import { concat, toHex, type Bytes } from "../bytes";
import { ID_BYTES } from "../entries";
import { Failure, type FailureCode } from "../failures";
import { incompatible, readBody, readJson } from "./bodies";
import {
  keyOf,
  readNodeRows,
  readPlaces,
  type BlockPlace,
  type OfferedCertificate,
  type OfferedSnapshot,
  type Source,
} from "./source";

const MEBIBYTE = 1024 * 1024;
const MESSAGE_BYTES = 64 * MEBIBYTE;
const NODES_BYTES = 40 * MEBIBYTE;
const PLACES_BYTES = 24 * MEBIBYTE;
const NODES_AT_ONCE = 250;
const PLACES_AT_ONCE = 4_000;
const SILENCE_MS = 60_000;
const WAITS_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 30_000, 30_000, 30_000, 30_000];
const LONGEST_WAIT_MS = 60_000;
const MENDABLE: FailureCode[] = ["not-signed-in", "server-unreachable"];
const PASSING = [408, 429, 500, 502, 503, 504];

export interface Patience {
  /** Ends every request, and the waiting between them. */
  signal: AbortSignal;
  /** Hears whether requests wait for the server to answer again. */
  onWaiting: (waiting: boolean) => void;
  /** What only a person can mend: they sign in again, or say that the network is back. Done when
   * it is to be asked again; fails when not. */
  onStuck: (failure: Failure) => Promise<void>;
}

/** An answer that may be another one in a while. */
class Passing extends Error {
  readonly afterMs: number;

  constructor(detail: string, afterMs = 0) {
    super(detail);
    this.afterMs = afterMs;
  }
}

/** What every request of this thread shows, besides what it asks. */
let shown: Record<string, string> = { "X-CSB": "web" };

/** Where a person's own client serves the page, it asks for a key that the page alone knows. */
export function showAlso(headers: Record<string, string>): void {
  shown = { ...shown, ...headers };
}

export class Server implements Source {
  readonly #patience: Patience;
  readonly #base: string;

  /** `base`: the origin's API, such as `https://nas.local/api/v1/`. */
  constructor(base: string, patience: Patience) {
    this.#base = base;
    this.#patience = patience;
  }

  async certificates(device: string): Promise<OfferedCertificate[]> {
    return this.#list(`devices/${encodeURIComponent(device)}/certificates`, "certificates");
  }

  async snapshots(device: string): Promise<OfferedSnapshot[]> {
    return this.#list(`devices/${encodeURIComponent(device)}/snapshots`, "snapshots");
  }

  /** An answer may end early: what it leaves out is asked for again, until nothing comes. */
  async nodes(ids: Bytes[]): Promise<Map<string, Bytes>> {
    const found = new Map<string, Bytes>();
    let wanted = ids;
    while (wanted.length > 0) {
      const asked = wanted.slice(0, NODES_AT_ONCE);
      const answer = readNodeRows(await this.#post("nodes", asked, NODES_BYTES), asked.length);
      const got = asked.filter((id) => answer.has(keyOf(id)));
      for (const id of got) found.set(keyOf(id), answer.get(keyOf(id))!);
      const left = got.length > 0 ? asked.filter((id) => !found.has(keyOf(id))) : [];
      wanted = [...left, ...wanted.slice(NODES_AT_ONCE)];
    }
    return found;
  }

  async locate(chunks: Bytes[]): Promise<BlockPlace[]> {
    const places: BlockPlace[] = [];
    for (let at = 0; at < chunks.length; at += PLACES_AT_ONCE) {
      places.push(...(await this.#locate(chunks.slice(at, at + PLACES_AT_ONCE))));
    }
    return places;
  }

  async readPack(pack: Bytes, start: number, end: number): Promise<Bytes> {
    const headers = { Range: `bytes=${start}-${end - 1}` };
    const path = `packs/${toHex(pack)}`;
    const { status, body } = await this.#send(path, { headers }, end - start);
    if (status !== 206) throw incompatible("it sent another part of a pack than asked for");
    return body;
  }

  /** Asked for in halves where the answer would be too long. */
  async #locate(chunks: Bytes[]): Promise<BlockPlace[]> {
    try {
      return readPlaces(await this.#post("locate", chunks, PLACES_BYTES), chunks.length);
    } catch (error) {
      const isTooLong = error instanceof Failure && error.code === "answer-too-long";
      if (!isTooLong || chunks.length < 2) throw error;
    }
    const half = chunks.length >> 1;
    return [
      ...(await this.#locate(chunks.slice(0, half))),
      ...(await this.#locate(chunks.slice(half))),
    ];
  }

  async #list<Row>(path: string, field: string): Promise<Row[]> {
    const { body } = await this.#send(path, {}, MESSAGE_BYTES);
    const message = readJson(body) as Record<string, unknown> | null;
    const rows = message?.[field];
    if (!Array.isArray(rows)) throw incompatible("it answered something else than a list");
    return rows as Row[];
  }

  async #post(path: string, ids: Bytes[], most: number): Promise<Bytes> {
    const headers = { "Content-Type": "application/octet-stream" };
    if (ids.some((id) => id.length !== ID_BYTES)) throw incompatible("an id has another length");
    return (await this.#send(path, { method: "POST", headers, body: concat(...ids) }, most)).body;
  }

  /** The answer to a request; asked again and again where that may help. */
  async #send(path: string, request: RequestInit, most: number): Promise<Answer> {
    for (;;) {
      try {
        return await this.#sendPatiently(path, request, most);
      } catch (error) {
        if (!(error instanceof Failure) || !MENDABLE.includes(error.code)) throw error;
        await this.#patience.onStuck(error);
      }
    }
  }

  async #sendPatiently(path: string, request: RequestInit, most: number): Promise<Answer> {
    const { signal, onWaiting } = this.#patience;
    for (const wait of WAITS_MS) {
      try {
        const answer = await ask(this.#base + path, request, most, signal);
        onWaiting(false);
        return answer;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof Passing)) throw error;
        onWaiting(true);
        await pause(Math.max(wait, error.afterMs), signal);
      }
    }
    throw new Failure("server-unreachable", "The server does not answer.");
  }
}

interface Answer {
  status: number;
  body: Bytes;
}

async function ask(
  url: string,
  request: RequestInit,
  most: number,
  signal: AbortSignal,
): Promise<Answer> {
  const silence = new Silence(signal);
  try {
    const response = await fetch(url, {
      ...request,
      headers: { ...request.headers, ...shown },
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      signal: silence.signal,
    });
    if (!response.ok) throw await refusalOf(response);
    return { status: response.status, body: await readBody(response, most, () => silence.broken()) };
  } catch (error) {
    // A request that got no answer is a TypeError; one that was silent too long, an AbortError.
    const passing = error instanceof TypeError || error instanceof DOMException;
    throw passing ? new Passing(String(error)) : error;
  } finally {
    silence.end();
  }
}

/** Aborts a request whose server says nothing for a while. */
class Silence {
  readonly #controller = new AbortController();
  readonly signal: AbortSignal;
  #timer = 0;

  constructor(other: AbortSignal) {
    this.signal = AbortSignal.any([other, this.#controller.signal]);
    this.broken();
  }

  broken(): void {
    this.end();
    this.#timer = setTimeout(() => this.#controller.abort(), SILENCE_MS) as unknown as number;
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/** What the status says; the server's own words are not needed here. */
async function refusalOf(response: Response): Promise<Error> {
  await response.body?.cancel();
  const { status } = response;
  if (PASSING.includes(status)) {
    const asked = 1000 * Number(response.headers.get("Retry-After") ?? 0);
    return new Passing(`status ${status}`, Math.min(asked || 0, LONGEST_WAIT_MS));
  }
  if (status === 401) return new Failure("not-signed-in", "The session has ended.");
  if (status === 404) return new Failure("content-missing", "The server does not have it.");
  return new Failure("refused", `The server answers with status ${status}.`);
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
