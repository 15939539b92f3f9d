/**
 * Where passwords, recovery keys and master secrets live while they are used: a thread of its own.
 *
 * What goes back to the page is what the server may see, and a new recovery key to show once.
 */

import { equal, fromBase64, fromHex, toBase64, toHex, type Bytes } from "./bytes";
import {
  certify,
  isProven,
  newestSerial,
  readOffer,
  sealBundle,
  stretchCode,
} from "./enrolment";
import { Failure } from "./failures";
import {
  accountKeys,
  encodeParameters,
  freshParameters,
  passwordKeys,
  readParameters,
  recoveryKeys,
  unwrapMasterSecret,
  wrapMasterSecret,
  type AccountKeys,
  type UnlockKeys,
} from "./keys";
import { formatRecoveryKey, parseRecoveryKey, RECOVERY_KEY_BYTES } from "./recovery";
import type { AccountWraps, EnrolmentInput, KeyTasks, Secret } from "./unlocking";

const MASTER_SECRET_BYTES = 32;

const tasks: KeyTasks = {
  async makeAccount({ password }) {
    const account = random(16);
    const secret = random(MASTER_SECRET_BYTES);
    const keys = await accountKeys(secret, account);
    const recovery = await makeRecovery(secret, account);
    return {
      account_id: toHex(account),
      ...(await makePassword(password, secret, account)),
      recovery_auth: recovery.recovery_auth,
      wrap_recovery: recovery.wrap_recovery,
      sealing_public: toBase64(keys.sealingPublic),
      account_public: toBase64(keys.accountPublic),
      recoveryKey: recovery.recoveryKey,
    };
  },

  async prove({ accountId, kdf, secret }) {
    const keys = await unlockKeys(secret, fromHex(accountId), kdf);
    const auth = toBase64(keys.auth);
    return "password" in secret ? { auth } : { recovery_auth: auth };
  },

  async confirm({ account, secret }) {
    await unlock(account, secret);
    return null;
  },

  async handOver({ account, secret, port }) {
    const { master } = await unlock(account, secret);
    port.postMessage(await accountKeys(master, fromHex(account.account_id)));
    return null;
  },

  async changePassword({ account, secret, newPassword }) {
    const { master, keys } = await unlock(account, secret);
    const made = await makePassword(newPassword, master, fromHex(account.account_id));
    return { proof: toBase64(keys.auth), epoch: account.epoch + 1, ...made };
  },

  async isOffered({ document, proof, code }) {
    const bytes = fromBase64(document);
    const { request } = readOffer(bytes);
    return isProven(bytes, fromBase64(proof), await stretchCode(code, request), request);
  },

  async certify(input) {
    const { keys, offer } = await openEnrolment(input);
    const device = fromHex(input.device);
    const shown = input.certificates.map((one) => ({
      certificate: fromBase64(one.certificate),
      signature: fromBase64(one.signature),
    }));
    const serial = shown.length > 0 ? (await newestSerial(keys, device, shown)) + 1 : 1;
    const becoming = { device, name: input.name, serial };
    const made = await certify(keys, offer, becoming, Date.now());
    return {
      certificate: toBase64(made.certificate),
      signature: toBase64(made.signature),
      serial,
    };
  },

  async sealEnrolment(input) {
    const { keys, document, shared } = await openEnrolment(input);
    const bundle = await sealBundle(keys, {
      document,
      secret: shared,
      accountName: input.account.name,
      becoming: { device: fromHex(input.device), name: input.name, serial: input.serial },
      certificate: fromBase64(input.certificate),
      signature: fromBase64(input.signature),
      token: input.token,
      ephemeral: random(32),
    });
    return toBase64(bundle);
  },

  async changeRecovery({ account, secret }) {
    const { master, keys } = await unlock(account, secret);
    const made = await makeRecovery(master, fromHex(account.account_id));
    return { proof: toBase64(keys.auth), ...made };
  },
};

/** The account's keys and the secret shared with the device, once the offer is the device's own. */
async function openEnrolment(input: EnrolmentInput) {
  const document = fromBase64(input.document);
  const offer = readOffer(document);
  const shared =
    "secret" in input.shared
      ? fromBase64(input.shared.secret)
      : await secretOfCode(document, offer.request, input.shared);
  const { master } = await unlock(input.account, input.secret);
  const keys = await accountKeys(master, fromHex(input.account.account_id));
  return { keys, offer, document, shared };
}

async function secretOfCode(
  document: Bytes,
  request: Bytes,
  { code, proof }: { code: string; proof: string },
): Promise<Bytes> {
  const secret = await stretchCode(code, request);
  if (await isProven(document, fromBase64(proof), secret, request)) return secret;
  throw new Failure("enrolment-code-wrong", "The code is not the one of this device.");
}

/** The master secret, once the server's public keys are the ones it gives. */
async function unlock(
  account: AccountWraps,
  secret: Secret,
): Promise<{ master: Bytes; keys: UnlockKeys }> {
  const id = fromHex(account.account_id);
  const keys = await unlockKeys(secret, id, account.kdf);
  const byPassword = "password" in secret;
  const wrap = fromBase64(byPassword ? account.wrap_password : account.wrap_recovery);
  const wrong = byPassword ? "wrong-password" : "wrong-recovery-key";
  const master = await unwrapMasterSecret(wrap, keys, id, wrong);
  checkPublicKeys(await accountKeys(master, id), account);
  return { master, keys };
}

function checkPublicKeys(keys: AccountKeys, account: AccountWraps): void {
  const same =
    equal(keys.sealingPublic, fromBase64(account.sealing_public)) &&
    equal(keys.accountPublic, fromBase64(account.account_public));
  if (!same) {
    throw new Failure("keys-mismatch", "The server's public keys are not the ones yours give.");
  }
}

let latest: { asked: string; keys: UnlockKeys } | null = null;

/** Stretching takes its time, and signing in needs the same keys twice: the latest are kept. */
async function unlockKeys(secret: Secret, account: Bytes, kdf: string): Promise<UnlockKeys> {
  const asked = JSON.stringify([secret, toHex(account), kdf]);
  if (latest?.asked !== asked) latest = { asked, keys: await stretch(secret, account, kdf) };
  return latest.keys;
}

async function stretch(secret: Secret, account: Bytes, kdf: string): Promise<UnlockKeys> {
  if ("password" in secret) {
    return passwordKeys(secret.password, account, readParameters(fromBase64(kdf)));
  }
  return recoveryKeys(await parseRecoveryKey(secret.recoveryKey), account);
}

async function makePassword(password: string, secret: Bytes, account: Bytes) {
  const parameters = freshParameters(random(16));
  const keys = await passwordKeys(password, account, parameters);
  const wrap = await wrapMasterSecret(secret, keys, account, random(12));
  return {
    kdf: toBase64(encodeParameters(parameters)),
    auth: toBase64(keys.auth),
    wrap_password: toBase64(wrap),
  };
}

async function makeRecovery(secret: Bytes, account: Bytes) {
  const recoveryKey = random(RECOVERY_KEY_BYTES);
  const keys = await recoveryKeys(recoveryKey, account);
  const wrap = await wrapMasterSecret(secret, keys, account, random(12));
  return {
    recovery_auth: toBase64(keys.auth),
    wrap_recovery: toBase64(wrap),
    recoveryKey: await formatRecoveryKey(recoveryKey),
  };
}

function random(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

addEventListener("message", (event: MessageEvent) => {
  const { task, input } = event.data as { task: keyof KeyTasks; input: never };
  tasks[task](input).then(
    (result) => postMessage({ result }),
    (error: unknown) => {
      const failure = error instanceof Failure ? { code: error.code } : {};
      postMessage({ failure: { ...failure, message: String(error) } });
    },
  );
});
