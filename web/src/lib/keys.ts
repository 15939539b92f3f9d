/**
 * The key tree: from a password or a recovery key to every key there is.
 *
 *     S         = Argon2id(NFKC(password), salt, m, t, p)            stays in this browser
 *     auth      = HKDF(S, "csb1/auth" || parameters)                 goes to the server
 *     KEK || cm = HKDF(S, "csb1/wrap" || parameters)                 stays in this browser
 *     MS        = 32 random bytes, the master secret, wrapped by KEK and by the recovery key
 *     all others = HKDF(MS, label)
 *
 * The same bytes as `csbackup.format.keys`; `docs/format.md` says what they mean.
 */

import { argon2id } from "hash-wasm";

import { concat, equal, utf8, type Bytes } from "./bytes";
import { ed25519Public, ed25519Sign, ed25519Verify, x25519Public } from "./curves";
import { derive } from "./derivation";
import { Failure } from "./failures";
import { openSealed } from "./hpke";

const KDF_ARGON2ID = 2;
const SALT_BYTES = 16;
const SECRET_BYTES = 32;
const NONCE_BYTES = 12;
const WRAP_BYTES = 32 + NONCE_BYTES + SECRET_BYTES + 16;

export interface KdfParameters {
  salt: Bytes;
  memoryKib: number;
  passes: number;
  lanes: number;
}

const FLOOR = { memoryKib: 64 * 1024, passes: 3, lanes: 4 };
const CEILING = { memoryKib: 1024 * 1024, passes: 16, lanes: 16 };

/** What a new password is stretched with. */
export function freshParameters(salt: Bytes): KdfParameters {
  return { ...FLOOR, salt };
}

/** 26 bytes: algorithm, memory in KiB, passes, lanes, salt. */
export function encodeParameters(parameters: KdfParameters): Bytes {
  const numbers = new DataView(new ArrayBuffer(10));
  numbers.setUint8(0, KDF_ARGON2ID);
  numbers.setUint32(1, parameters.memoryKib);
  numbers.setUint32(5, parameters.passes);
  numbers.setUint8(9, parameters.lanes);
  return concat(new Uint8Array(numbers.buffer), parameters.salt);
}

/** The parameters a server names; refused when weaker than the floor or absurdly high. */
export function readParameters(data: Bytes): KdfParameters {
  if (data[0] !== KDF_ARGON2ID) {
    throw new Failure("unknown-version", "The password protection has an unknown version.");
  }
  if (data.length !== 10 + SALT_BYTES) {
    throw new Failure("malformed", `The password protection has ${data.length} bytes.`);
  }
  const numbers = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const memoryKib = numbers.getUint32(1);
  const passes = numbers.getUint32(5);
  const lanes = numbers.getUint8(9);
  if (memoryKib < FLOOR.memoryKib || passes < FLOOR.passes || lanes < 1) {
    throw new Failure("kdf-too-weak", "The server asks for weaker password protection.");
  }
  if (memoryKib > CEILING.memoryKib || passes > CEILING.passes || lanes > CEILING.lanes) {
    throw new Failure("malformed", "The password protection asks for more than is sane.");
  }
  return { salt: data.slice(10), memoryKib, passes, lanes };
}

/** What a password or a recovery key gives: proof for the server, and the key of the wrap. */
export interface UnlockKeys {
  auth: Bytes;
  kek: Bytes;
  commitment: Bytes;
  /** Goes into the wrap's associated data. */
  context: Bytes;
}

/** Takes about 0.3 s and the memory that the parameters say. */
export async function passwordKeys(
  password: string,
  account: Bytes,
  parameters: KdfParameters,
): Promise<UnlockKeys> {
  const stretched = await argon2id({
    password: utf8(password.normalize("NFKC")),
    salt: parameters.salt,
    memorySize: parameters.memoryKib,
    iterations: parameters.passes,
    parallelism: parameters.lanes,
    hashLength: SECRET_BYTES,
    outputType: "binary",
  });
  const secret = new Uint8Array(stretched);
  const context = encodeParameters(parameters);
  const auth = await derive(secret, account, concat(utf8("csb1/auth"), context));
  const wrap = await derive(secret, account, concat(utf8("csb1/wrap"), context), 64);
  return unlockKeys(auth, wrap, concat(utf8("password"), context));
}

/** `recoveryKey`: the 20 bytes that `recovery.ts` reads. */
export async function recoveryKeys(recoveryKey: Bytes, account: Bytes): Promise<UnlockKeys> {
  const auth = await derive(recoveryKey, account, "csb1/recovery-auth");
  const wrap = await derive(recoveryKey, account, "csb1/recovery-wrap", 64);
  return unlockKeys(auth, wrap, utf8("recovery"));
}

function unlockKeys(auth: Bytes, wrap: Bytes, context: Bytes): UnlockKeys {
  return { auth, kek: wrap.slice(0, 32), commitment: wrap.slice(32), context };
}

/** 92 bytes: commitment, nonce (12 random bytes), sealed master secret. */
export async function wrapMasterSecret(
  secret: Bytes,
  keys: UnlockKeys,
  account: Bytes,
  nonce: Bytes,
): Promise<Bytes> {
  const kek = await crypto.subtle.importKey("raw", keys.kek, "AES-GCM", false, ["encrypt"]);
  const algorithm = { name: "AES-GCM", iv: nonce, additionalData: wrapContext(account, keys) };
  const sealed = await crypto.subtle.encrypt(algorithm, kek, secret);
  return concat(keys.commitment, nonce, new Uint8Array(sealed));
}

/** The master secret, or a failure of the given code when these keys do not open the wrap. */
export async function unwrapMasterSecret(
  wrap: Bytes,
  keys: UnlockKeys,
  account: Bytes,
  otherwise: "wrong-password" | "wrong-recovery-key",
): Promise<Bytes> {
  const wrong = new Failure(otherwise, "These keys do not open the master secret.");
  // The commitment is compared first: a wrap that opens under several passwords would let a
  // hostile server sort out many guesses at once.
  if (wrap.length !== WRAP_BYTES || !equal(wrap.subarray(0, 32), keys.commitment)) throw wrong;
  const kek = await crypto.subtle.importKey("raw", keys.kek, "AES-GCM", false, ["decrypt"]);
  const iv = wrap.slice(32, 32 + NONCE_BYTES);
  const algorithm = { name: "AES-GCM", iv, additionalData: wrapContext(account, keys) };
  try {
    const sealed = wrap.slice(32 + NONCE_BYTES);
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, kek, sealed));
  } catch {
    throw wrong;
  }
}

function wrapContext(account: Bytes, keys: UnlockKeys): Bytes {
  return concat(utf8("csb1/wrap-ms"), account, keys.context);
}

/** Everything the master secret gives; lives only while the account is unlocked. */
export interface AccountKeys {
  account: Bytes;
  idKey: Bytes;
  cutKey: Bytes;
  hedgeKey: Bytes;
  nameKey: Bytes;
  sealingSecret: Bytes;
  sealingPublic: Bytes;
  signingSecret: Bytes;
  accountPublic: Bytes;
}

export async function accountKeys(secret: Bytes, account: Bytes): Promise<AccountKeys> {
  const key = (label: string, length = 32) => derive(secret, account, `csb1/${label}`, length);
  const sealingSecret = await key("seal-x25519");
  const signingSecret = await key("account-ed25519");
  return {
    account,
    idKey: await key("chunk-id"),
    cutKey: await key("chunker"),
    hedgeKey: await key("psk"),
    nameKey: await key("names", 64),
    sealingSecret,
    sealingPublic: await x25519Public(sealingSecret),
    signingSecret,
    accountPublic: await ed25519Public(signingSecret),
  };
}

/** The data key of a run, from its sealed form of 80 bytes. */
export async function openDataKey(sealed: Bytes, keys: AccountKeys): Promise<Bytes> {
  const info = concat(utf8("csb1/data-key"), keys.account);
  try {
    return await openSealed(sealed, keys.sealingSecret, keys.sealingPublic, info);
  } catch {
    throw new Failure("block-damaged", "The data key is not sealed to this account.");
  }
}

/** The account's signature. `domain` keeps those of one purpose from serving another. */
export function sign(keys: AccountKeys, domain: string, message: Bytes): Promise<Bytes> {
  return ed25519Sign(keys.signingSecret, concat(utf8(`csb1/${domain}\0`), message));
}

export async function checkSignature(
  publicKey: Bytes,
  domain: string,
  message: Bytes,
  signature: Bytes,
): Promise<void> {
  const signed = concat(utf8(`csb1/${domain}\0`), message);
  if (!(await ed25519Verify(publicKey, signed, signature))) {
    throw new Failure("signature-invalid", "The signature does not hold.");
  }
}
