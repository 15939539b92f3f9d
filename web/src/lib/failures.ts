/** Failures that a person may meet; the codes are those of the server and the client. */

export type FailureCode =
  | "malformed"
  | "unknown-version"
  | "block-damaged"
  | "chunk-mismatch"
  | "tree-mismatch"
  | "signature-invalid"
  | "wrong-password"
  | "wrong-recovery-key"
  | "recovery-key-mistyped"
  | "kdf-too-weak"
  | "keys-mismatch"
  // enrolling a device
  | "enrolment-code-mistyped"
  | "enrolment-code-wrong"
  | "enrolment-expired"
  | "enrolment-other-server"
  // opening what is backed up
  | "locked"
  | "history-broken"
  | "no-such-snapshot"
  | "no-such-path"
  | "content-missing"
  | "not-a-file"
  | "path-too-long"
  | "too-large"
  | "no-space"
  | "not-written"
  // the server's answers
  | "server-unreachable"
  | "server-incompatible"
  | "answer-too-long"
  | "not-signed-in"
  | "refused"
  | "failure";

export class Failure extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, detail: string) {
    super(detail);
    this.name = "Failure";
    this.code = code;
  }
}
