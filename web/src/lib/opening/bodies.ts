/** What an answer may be like, before anybody looks at what it says: a hostile server chooses. */

import { release, utf8, type Bytes } from "../bytes";
import { Failure } from "../failures";

const MOST_VALUES = 2_000_000; // in a message: each takes more memory than it has letters

/** At most `most` bytes. `heard` is told of each piece. */
export async function readBody(
  response: Response,
  most: number,
  heard: () => void,
): Promise<Bytes> {
  const declared = Number(response.headers.get("Content-Length") ?? 0);
  if (declared > most) throw await tooLong(response);
  const reader = response.body?.getReader();
  const body = new GrowingBody(declared, most);
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done || !value) return body.content;
    heard();
    if (!body.take(value)) {
      await reader?.cancel();
      throw tooLongFailure();
    }
    release(value);
  }
}

/** What came so far; as long as was declared from the beginning, so that it seldom moves. */
class GrowingBody {
  readonly #most: number;
  #buffer: Bytes;
  #length = 0;

  constructor(declared: number, most: number) {
    this.#buffer = new Uint8Array(declared);
    this.#most = most;
  }

  get content(): Bytes {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Whether there is room for it. */
  take(piece: Bytes): boolean {
    const length = this.#length + piece.length;
    if (length > this.#most) return false;
    if (length > this.#buffer.length) {
      const wider = new Uint8Array(Math.min(this.#most, 2 * length));
      wider.set(this.content);
      this.#buffer = wider;
    }
    this.#buffer.set(piece, this.#length);
    this.#length = length;
    return true;
  }
}

async function tooLong(response: Response): Promise<Failure> {
  await response.body?.cancel();
  return tooLongFailure();
}

function tooLongFailure(): Failure {
  return new Failure("answer-too-long", "The server's answer is longer than any should be.");
}

/** What an answer says, if it is JSON of a bearable size. */
export function readJson(body: Bytes): unknown {
  const openings = utf8(",[{");
  let values = 0;
  for (const byte of body) if (openings.includes(byte)) values += 1;
  if (values > MOST_VALUES) throw tooLongFailure();
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw incompatible("its answer is not JSON");
  }
}

export function incompatible(why: string): Failure {
  return new Failure("server-incompatible", `This server cannot be understood: ${why}.`);
}
