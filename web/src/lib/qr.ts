/** QR codes. Load this module when needed. */

import { encodeQR } from "qr";

/** The modules, row by row, true for dark; with the light border that belongs to the code. */
export function qrModules(text: string): boolean[][] {
  return encodeQR(text, "raw", { ecc: "medium", border: 4 });
}

/** One path through all dark modules of a square as wide as there are modules. */
export function qrPath(modules: boolean[][]): string {
  return modules
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")))
    .join("");
}
