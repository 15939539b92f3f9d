/** Which files can be looked at in the page. */

import type { Chosen } from "../vault/types";

export function canPreview(_file: Chosen): boolean {
  return false;
}
