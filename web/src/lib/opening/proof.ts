/** A device's snapshots, proven: signed under the account's certificates, each naming the last. */

import { equal, fromBase64, fromHex, toHex, type Bytes } from "../bytes";
import { Failure } from "../failures";
import type { Hash } from "../hashing";
import { checkSignature, type AccountKeys } from "../keys";
import { readCertificate, readSnapshot, type Certificate, type Snapshot } from "../snapshots";
import type { OfferedCertificate, OfferedSnapshot, Source } from "./source";

/** The roots of each snapshot that is still there, by its sequence. */
export type ProvenRoots = Map<number, Bytes>;

/** Fetch a device's whole chain and check every link; `history-broken` where one does not hold. */
export async function proveDevice(
  source: Source,
  device: string,
  keys: AccountKeys,
  hash: Hash,
): Promise<ProvenRoots> {
  const id = fromHex(device);
  const certificates = await checkCertificates(await source.certificates(device), id, keys);
  return checkChain(await source.snapshots(device), certificates, id, keys.account, hash);
}

export async function checkCertificates(
  offered: OfferedCertificate[],
  device: Bytes,
  keys: AccountKeys,
): Promise<Map<number, Certificate>> {
  const bySerial = new Map<number, Certificate>();
  for (const one of offered) {
    const bytes = readBase64(one.certificate);
    await checkSignature(keys.accountPublic, "certificate", bytes, readBase64(one.signature));
    const certificate = readCertificate(bytes);
    const mine = equal(certificate.account, keys.account) && equal(certificate.device, device);
    if (!mine || certificate.serial !== one.serial) {
      throw broken("a certificate was made for something else");
    }
    const known = bySerial.get(certificate.serial);
    if (known && !equal(known.signingPublic, certificate.signingPublic)) {
      throw broken("a certificate is there twice, and not the same");
    }
    bySerial.set(certificate.serial, certificate);
  }
  return bySerial;
}

/**
 * No gap from the first to the newest; each names the one before; no older key comes back.
 *
 * Of an expired one only its id is left, which the next has to name: so the newest must be there.
 */
export async function checkChain(
  offered: OfferedSnapshot[],
  certificates: Map<number, Certificate>,
  device: Bytes,
  account: Bytes,
  hash: Hash,
): Promise<ProvenRoots> {
  const roots: ProvenRoots = new Map();
  let serial = 0;
  for (const [at, one] of offered.entries()) {
    if (one.sequence !== at + 1) throw broken(`snapshot ${at + 1} is not in its place`);
    if (one.expired) continue;
    const snapshot = await checkOne(one, certificates, hash);
    const mine = equal(snapshot.account, account) && equal(snapshot.device, device);
    if (!mine) throw broken("a snapshot belongs to another device");
    if (toHex(snapshot.previous) !== (offered[at - 1]?.snapshot ?? "")) {
      throw broken(`snapshot ${one.sequence} does not follow the one before it`);
    }
    if (snapshot.serial < serial) throw broken("a snapshot is signed with a replaced key");
    serial = snapshot.serial;
    roots.set(one.sequence, snapshot.roots);
  }
  if (offered.at(-1)?.expired) throw broken("the newest snapshot is said to have expired");
  return roots;
}

async function checkOne(
  offered: OfferedSnapshot,
  certificates: Map<number, Certificate>,
  hash: Hash,
): Promise<Snapshot> {
  const signed = readBase64(offered.signed);
  const snapshot = readSnapshot(signed);
  const certificate = certificates.get(snapshot.serial);
  if (!certificate?.puts) {
    throw broken("a snapshot is signed with a key that the account never certified");
  }
  const signature = readBase64(offered.signature);
  await checkSignature(certificate.signingPublic, "snapshot", signed, signature);
  if (toHex(hash(signed)) !== offered.snapshot || snapshot.sequence !== offered.sequence) {
    throw broken(`snapshot ${offered.sequence} is not the one it is said to be`);
  }
  return snapshot;
}

function readBase64(text: unknown): Bytes {
  try {
    return fromBase64(text as string);
  } catch {
    throw new Failure("server-incompatible", "This server cannot be understood: a field is no text.");
  }
}

function broken(why: string): Failure {
  return new Failure("history-broken", `The history of this device does not hold: ${why}.`);
}
