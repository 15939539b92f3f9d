/** What could not be done, and what to do about it. */

import { Refusal } from "../api/client";
import { Failure, type FailureCode } from "../lib/failures";
import { failureText } from "../ui/Page";
import { useWords } from "../words/words";
import type { Words } from "../words/en";

export function codeText(code: FailureCode, words: Words): string {
  const known = words.restoring.failures[code] ?? words.failure.codes[code];
  return known ?? words.failure.own;
}

export function FailureText({ error }: { error: unknown }) {
  const words = useWords();
  if (error instanceof Failure) return <>{codeText(error.code, words)}</>;
  if (error instanceof Refusal && error.code in words.restoring.failures) {
    return <>{words.restoring.failures[error.code]}</>;
  }
  return <>{failureText(error, words)}</>;
}
