/**
 * Enrolment: what a device asks for, and what this browser brings it.
 *
 * The same bytes as `csbackup.format.enrolment`; what binds which to which stands there. Offer and
 * code are believed only once the proof holds, which takes the secret that the server lacks.
 */

import { argon2id } from "hash-wasm";

import { concat, equal, utf8, type Bytes } from "./bytes";
import { decodeVersioned, encode, fields, malformed, type Value } from "./cbor";
import { derive } from "./derivation";
import { Failure } from "./failures";
import { seal } from "./hpke";
import { checkSignature, sign, type AccountKeys } from "./keys";
import { plainLetters } from "./recovery";

const VERSION = 1;
const KEY_BYTES = 32;
const MOST_OFFER_BYTES = 2048;
const LIFE_MS = 600_000;
const NANOSECONDS = 1_000_000n;
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const HANDLE_LETTERS = 4;
const CODE_LETTERS = 12;
const OFFER = "What the device asks for";

export interface Offer {
  request: Bytes;
  enrolmentPublic: Bytes;
  signingPublic: Bytes;
  sealingPublic: Bytes;
  name: string;
  os: string;
  client: string;
  origin: string;
  pin: string;
  /** Milliseconds since 1970, by the device's clock. */
  created: number;
}

/** A failure for whatever no honest device makes; what it says may still be a lie. */
export function readOffer(data: Bytes): Offer {
  if (data.length > MOST_OFFER_BYTES) throw malformed(OFFER, "it is too long");
  const value = decodeVersioned(data, VERSION, OFFER);
  const row = fields(value, "ibbbbbbbbbi", OFFER);
  if (!equal(encode(value), data)) throw malformed(OFFER, "it is not in the one encoding there is");
  const [request, ...keys] = row.slice(1, 5) as Bytes[];
  if (request!.length !== 16 || keys.some((key) => key.length !== KEY_BYTES)) {
    throw malformed(OFFER, "a key has another length");
  }
  const [name, os, client, origin, pin] = (row.slice(5, 10) as Bytes[]).map(text);
  const [enrolmentPublic, signingPublic, sealingPublic] = keys.map(copy);
  return {
    request: copy(request!),
    enrolmentPublic: enrolmentPublic!,
    signingPublic: signingPublic!,
    sealingPublic: sealingPublic!,
    name: name!,
    os: os!,
    client: client!,
    origin: origin!,
    pin: pin!,
    created: Number(BigInt(row[10] as number | bigint) / NANOSECONDS),
  };
}

/** Until when it holds, in milliseconds since 1970. */
export function endOf(offer: Offer): number {
  return offer.created + LIFE_MS;
}

/** The first letters of a code, by which its device is found; null while it cannot be one. */
export function handleOf(code: string): string | null {
  const plain = plainLetters(code);
  const valid = plain.length === CODE_LETTERS && [...plain].every((one) => ALPHABET.includes(one));
  return valid ? plain.slice(0, HANDLE_LETTERS) : null;
}

/** The secret that a code stands for; as costly as a password, or it could be guessed in time. */
export async function stretchCode(code: string, request: Bytes): Promise<Bytes> {
  let number = 0n;
  for (const letter of plainLetters(code).slice(HANDLE_LETTERS)) {
    number = number * 32n + BigInt(ALPHABET.indexOf(letter));
  }
  const secret = new Uint8Array(5);
  for (let at = 4; at >= 0; at -= 1, number >>= 8n) secret[at] = Number(number & 255n);
  const stretched = await argon2id({
    password: secret,
    salt: request,
    memorySize: 64 * 1024,
    iterations: 3,
    parallelism: 4,
    hashLength: KEY_BYTES,
    outputType: "binary",
  });
  return new Uint8Array(stretched);
}

/** Whether the device that knows the secret made this offer, and nobody on the way. */
export async function isProven(
  offer: Bytes,
  proof: Bytes,
  secret: Bytes,
  request: Bytes,
): Promise<boolean> {
  return equal(await prove(secret, request, "offer", offer), proof);
}

/** Who the device becomes. */
export interface Becoming {
  device: Bytes;
  name: string;
  serial: number;
}

/** The account's word that the device's keys speak for it. */
export async function certify(
  keys: AccountKeys,
  offer: Offer,
  becoming: Becoming,
  now: number,
): Promise<{ certificate: Bytes; signature: Bytes }> {
  const certificate = encode([
    VERSION,
    keys.account,
    becoming.device,
    becoming.serial,
    offer.signingPublic,
    offer.sealingPublic,
    BigInt(now) * NANOSECONDS,
    [utf8("put")],
  ]);
  return { certificate, signature: await sign(keys, "certificate", certificate) };
}

/** The newest serial of a device's certificates, each of which the account must have signed. */
export async function newestSerial(
  keys: AccountKeys,
  device: Bytes,
  shown: { certificate: Bytes; signature: Bytes }[],
): Promise<number> {
  const what = "A device's certificate";
  let newest = 0;
  for (const { certificate, signature } of shown) {
    await checkSignature(keys.accountPublic, "certificate", certificate, signature);
    const row = fields(decodeVersioned(certificate, VERSION, what), "ibbibbia", what);
    if (!equal(row[1] as Bytes, keys.account) || !equal(row[2] as Bytes, device)) {
      throw new Failure("signature-invalid", "The certificate is of another device.");
    }
    newest = Math.max(newest, Number(row[3]));
  }
  if (newest < 1) throw new Failure("history-broken", "The server shows no certificate.");
  return newest;
}

export interface Sealing {
  /** The offer's exact bytes. */
  document: Bytes;
  secret: Bytes;
  accountName: string;
  becoming: Becoming;
  certificate: Bytes;
  signature: Bytes;
  token: string;
  /** 32 random bytes, never used twice. */
  ephemeral: Bytes;
}

/** All that makes the machine a device; nobody else can open it, or make one in its place. */
export async function sealBundle(keys: AccountKeys, input: Sealing): Promise<Bytes> {
  const offer = readOffer(input.document);
  const { becoming } = input;
  const head: Value[] = [
    keys.account,
    utf8(input.accountName),
    becoming.device,
    utf8(becoming.name),
    becoming.serial,
  ];
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", input.document));
  const transcript = encode([hash, ...head]);
  const contents = encode([
    keys.idKey,
    keys.cutKey,
    keys.hedgeKey,
    keys.sealingPublic,
    keys.accountPublic,
    input.certificate,
    input.signature,
    utf8(input.token),
  ]);
  const info = concat(utf8("csb1/enrolment"), transcript);
  const sealed = await seal(contents, offer.enrolmentPublic, info, input.ephemeral);
  const proof = await prove(input.secret, offer.request, "bundle", concat(transcript, sealed));
  return encode([VERSION, ...head, sealed, proof]);
}

async function prove(
  secret: Bytes,
  request: Bytes,
  what: "offer" | "bundle",
  message: Bytes,
): Promise<Bytes> {
  const raw = await derive(secret, request, `csb1/enrolment-${what}`);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", raw, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, message));
}

function text(data: Bytes): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(data);
  } catch {
    throw malformed(OFFER, "a name is not text");
  }
}

/** Apart from the document that it stood in. */
function copy(data: Bytes): Bytes {
  return data.slice();
}
