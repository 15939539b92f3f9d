/** A look at one file, opened in this browser. */

import type { Selection } from "../vault/types";

interface Props {
  /** Exactly one file. */
  selection: Selection;
  onClose: () => void;
}

export function Preview(_props: Props) {
  return null;
}
