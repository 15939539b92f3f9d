/** HPKE (RFC 9180), base mode, single shot: X25519, HKDF-SHA-256, AES-256-GCM. */

import { concat, utf8, type Bytes } from "./bytes";
import { x25519Public, x25519Shared } from "./curves";

const EMPTY = new Uint8Array(0);
const PUBLIC_BYTES = 32;
const KEM_X25519 = 0x20;
const KEM_SUITE = concat(utf8("KEM"), twoBytes(KEM_X25519));
const SUITE = concat(utf8("HPKE"), twoBytes(KEM_X25519), twoBytes(1), twoBytes(2));

/** The plain bytes that `seal` put in; throws when they were sealed to somebody else or changed. */
export async function openSealed(
  sealed: Bytes,
  secret: Bytes,
  publicKey: Bytes,
  info: Bytes,
): Promise<Bytes> {
  const ephemeral = sealed.slice(0, PUBLIC_BYTES);
  const shared = await x25519Shared(secret, ephemeral);
  const { key, iv } = await schedule(shared, ephemeral, publicKey, info);
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, sealed.slice(PUBLIC_BYTES));
  return new Uint8Array(plain);
}

/** `ephemeral`: 32 random bytes, never used twice. */
export async function seal(
  plain: Bytes,
  publicKey: Bytes,
  info: Bytes,
  ephemeral: Bytes,
): Promise<Bytes> {
  const encapsulated = await x25519Public(ephemeral);
  const shared = await x25519Shared(ephemeral, publicKey);
  const { key, iv } = await schedule(shared, encapsulated, publicKey, info);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain);
  return concat(encapsulated, new Uint8Array(sealed));
}

async function schedule(
  shared: Bytes,
  encapsulated: Bytes,
  publicKey: Bytes,
  info: Bytes,
): Promise<{ key: CryptoKey; iv: Bytes }> {
  const extracted = await extract(KEM_SUITE, EMPTY, "eae_prk", shared);
  const context = concat(encapsulated, publicKey);
  const kemSecret = await expand(KEM_SUITE, extracted, "shared_secret", context, 32);
  const keyContext = concat(
    new Uint8Array([0]),
    await extract(SUITE, EMPTY, "psk_id_hash", EMPTY),
    await extract(SUITE, EMPTY, "info_hash", info),
  );
  const secret = await extract(SUITE, kemSecret, "secret", EMPTY);
  const raw = await expand(SUITE, secret, "key", keyContext, 32);
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  return { key, iv: await expand(SUITE, secret, "base_nonce", keyContext, 12) };
}

function extract(suite: Bytes, salt: Bytes, label: string, secret: Bytes): Promise<Bytes> {
  return hmac(salt, concat(utf8("HPKE-v1"), suite, utf8(label), secret));
}

async function expand(
  suite: Bytes,
  key: Bytes,
  label: string,
  info: Bytes,
  length: number,
): Promise<Bytes> {
  // At most 32 bytes are ever asked for, so HKDF-Expand is its first step alone.
  const labelled = concat(twoBytes(length), utf8("HPKE-v1"), suite, utf8(label), info);
  return (await hmac(key, concat(labelled, new Uint8Array([1])))).slice(0, length);
}

async function hmac(key: Bytes, message: Bytes): Promise<Bytes> {
  // An empty key is the same as one of zeros, and WebCrypto refuses the empty one.
  const raw = key.length > 0 ? key : new Uint8Array(32);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", raw, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}

function twoBytes(number: number): Bytes {
  return new Uint8Array([number >> 8, number & 255]);
}
