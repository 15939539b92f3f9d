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
  | "keys-mismatch";

export class Failure extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, detail: string) {
    super(detail);
    this.name = "Failure";
    this.code = code;
  }
}
