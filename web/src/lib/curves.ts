/** X25519 and Ed25519: the browser's own where it has them, else a library, loaded then only. */

import { concat, fromBase64Url, fromHex, type Bytes } from "./bytes";

type Curve = "X25519" | "Ed25519";

// PKCS #8 around a raw private key (RFC 8410): the two differ in the last byte of the curve's name.
const PREFIX: Record<Curve, Bytes> = {
  X25519: fromHex("302e020100300506032b656e04220420"),
  Ed25519: fromHex("302e020100300506032b657004220420"),
};

export async function x25519Public(secret: Bytes): Promise<Bytes> {
  if (await isNative("X25519")) return nativePublic("X25519", secret, ["deriveBits"]);
  const { x25519 } = await import("@noble/curves/ed25519.js");
  return new Uint8Array(x25519.getPublicKey(secret));
}

export async function ed25519Public(secret: Bytes): Promise<Bytes> {
  if (await isNative("Ed25519")) return nativePublic("Ed25519", secret, ["sign"]);
  const { ed25519 } = await import("@noble/curves/ed25519.js");
  return new Uint8Array(ed25519.getPublicKey(secret));
}

export async function x25519Shared(secret: Bytes, other: Bytes): Promise<Bytes> {
  if (!(await isNative("X25519"))) {
    const { x25519 } = await import("@noble/curves/ed25519.js");
    return new Uint8Array(x25519.getSharedSecret(secret, other));
  }
  const mine = await importSecret("X25519", secret, ["deriveBits"]);
  const theirs = await crypto.subtle.importKey("raw", other, "X25519", false, []);
  const shared = await crypto.subtle.deriveBits({ name: "X25519", public: theirs }, mine, 256);
  return new Uint8Array(shared);
}

export async function ed25519Sign(secret: Bytes, message: Bytes): Promise<Bytes> {
  if (!(await isNative("Ed25519"))) {
    const { ed25519 } = await import("@noble/curves/ed25519.js");
    return new Uint8Array(ed25519.sign(message, secret));
  }
  const key = await importSecret("Ed25519", secret, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("Ed25519", key, message));
}

export async function ed25519Verify(
  publicKey: Bytes,
  message: Bytes,
  signature: Bytes,
): Promise<boolean> {
  if (!(await isNative("Ed25519"))) {
    const { ed25519 } = await import("@noble/curves/ed25519.js");
    return ed25519.verify(signature, message, publicKey);
  }
  const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", key, signature, message);
}

const native = new Map<Curve, Promise<boolean>>();

function isNative(curve: Curve): Promise<boolean> {
  let answer = native.get(curve);
  if (answer === undefined) {
    const usage: KeyUsage[] = curve === "X25519" ? ["deriveBits"] : ["sign"];
    answer = importSecret(curve, new Uint8Array(32).fill(8), usage).then(
      () => true,
      () => false,
    );
    native.set(curve, answer);
  }
  return answer;
}

function importSecret(
  curve: Curve,
  secret: Bytes,
  usages: KeyUsage[],
  extractable = false,
): Promise<CryptoKey> {
  const wrapped = concat(PREFIX[curve], secret);
  return crypto.subtle.importKey("pkcs8", wrapped, curve, extractable, usages);
}

async function nativePublic(curve: Curve, secret: Bytes, usages: KeyUsage[]): Promise<Bytes> {
  const key = await importSecret(curve, secret, usages, true);
  const exported = await crypto.subtle.exportKey("jwk", key);
  return fromBase64Url(exported.x!);
}
