/** What the page may ask of the thread that holds the keys. */

import { Failure, type FailureCode } from "./failures";
// oxlint-disable-next-line import/default -- what Vite makes of it is an address
import keysWorker from "./keys.worker.ts?worker&url";
import { startWorker } from "./workers";

export type Secret = { password: string } | { recoveryKey: string };

/** What an account says of itself, as far as keys go; the fields are the server's. */
export interface AccountWraps {
  account_id: string;
  epoch: number;
  kdf: string;
  wrap_password: string;
  wrap_recovery: string;
  sealing_public: string;
  account_public: string;
}

interface MadePassword {
  kdf: string;
  auth: string;
  wrap_password: string;
}

interface MadeRecovery {
  recovery_auth: string;
  wrap_recovery: string;
  /** For the person's eyes; never sent. */
  recoveryKey: string;
}

export interface MadeAccount extends MadePassword, MadeRecovery {
  account_id: string;
  sealing_public: string;
  account_public: string;
}

export interface KeyTasks {
  /** Every key of a new account. */
  makeAccount(input: { password: string }): Promise<MadeAccount>;
  /** The proof that signs in. */
  prove(input: {
    accountId: string;
    kdf: string;
    secret: Secret;
  }): Promise<{ auth?: string; recovery_auth?: string }>;
  /** Fail unless this secret opens the account, and the server shows the account's true keys. */
  confirm(input: { account: AccountWraps; secret: Secret }): Promise<null>;
  /** The same, and the account's keys go through `port` to another thread: never to the page. */
  handOver(input: { account: AccountWraps; secret: Secret; port: MessagePort }): Promise<null>;
  changePassword(input: {
    account: AccountWraps;
    secret: Secret;
    newPassword: string;
  }): Promise<MadePassword & { proof: string; epoch: number }>;
  /** Whether this code is the one that the device with this offer shows. */
  isOffered(input: { document: string; proof: string; code: string }): Promise<boolean>;
  /** The certificate of a device, once the secret opens the account and the offer is proven. */
  certify(input: EnrolmentInput): Promise<CertifiedDevice>;
  /** What goes to the device, in base64: sealed to it alone. */
  sealEnrolment(input: EnrolmentInput & CertifiedDevice & { token: string }): Promise<string>;
  changeRecovery(input: {
    account: AccountWraps;
    secret: Secret;
  }): Promise<MadeRecovery & { proof: string }>;
}

/** What a page knows of a device that asks, and what the person decided. */
export interface EnrolmentInput {
  account: AccountWraps & { name: string };
  secret: Secret;
  /** The offer's exact bytes, in base64. */
  document: string;
  /** What device and browser know: handed over past the server, or the code as it was typed. */
  shared: { secret: string } | { code: string; proof: string };
  /** Hexadecimal; with `certificates` of a device that this one goes on as. */
  device: string;
  name: string;
  certificates: { certificate: string; signature: string }[];
}

export interface CertifiedDevice {
  certificate: string;
  signature: string;
  serial: number;
}

export type Ask = <Task extends keyof KeyTasks>(
  task: Task,
  input: Parameters<KeyTasks[Task]>[0],
  transferred?: Transferable[],
) => ReturnType<KeyTasks[Task]>;

/** Work with keys in a fresh thread that ends afterwards, and takes its memory and secrets along. */
export async function withKeys<Result>(work: (ask: Ask) => Promise<Result>): Promise<Result> {
  const worker = startWorker(keysWorker);
  try {
    return await work((task, input, moved) => ask(worker, task, input, moved) as never);
  } finally {
    worker.terminate();
  }
}

/** One question at a time: the next one waits for the answer of the last. */
function ask(
  worker: Worker,
  task: string,
  input: unknown,
  transferred: Transferable[] = [],
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const once = { once: true };
    const answer = ({ data }: MessageEvent) => {
      if (data.failure) reject(readFailure(data.failure));
      else resolve(data.result);
    };
    worker.addEventListener("message", answer, once);
    worker.addEventListener("error", () => reject(new Error("The keys cannot be worked out.")), once);
    worker.postMessage({ task, input }, transferred);
  });
}

function readFailure(failure: { code?: FailureCode; message: string }): Error {
  return failure.code ? new Failure(failure.code, failure.message) : new Error(failure.message);
}
