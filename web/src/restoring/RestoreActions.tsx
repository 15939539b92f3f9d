/** What can be done with chosen files: download them, or have a device put them back. */

import type { Selection } from "../vault/types";

export function RestoreActions(_props: { selection: Selection }) {
  return null;
}
