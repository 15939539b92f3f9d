/** From bytes to text that can be shown; nothing when they are no text. */

export const MOST_CHARACTERS = 1_000_000;
const LOOKED_AT = 8192;

export interface ShownText {
  text: string;
  /** The encoding, where it is not the usual one. */
  encoding: string | null;
  /** Whether there is more than is shown. */
  cut: boolean;
}

const MARKS: [mark: number[], encoding: string][] = [
  [[0xff, 0xfe], "utf-16le"],
  [[0xfe, 0xff], "utf-16be"],
];

export function readText(bytes: Uint8Array): ShownText | null {
  const marked = MARKS.find(([mark]) => mark.every((byte, at) => bytes[at] === byte));
  if (marked) return shown(new TextDecoder(marked[1]).decode(bytes), marked[1].toUpperCase());
  if (bytes.subarray(0, LOOKED_AT).includes(0)) return null;
  try {
    return shown(new TextDecoder("utf-8", { fatal: true }).decode(bytes), null);
  } catch {
    return shown(new TextDecoder("windows-1252").decode(bytes), "Windows-1252");
  }
}

function shown(text: string, encoding: string | null): ShownText {
  return { text: text.slice(0, MOST_CHARACTERS), encoding, cut: text.length > MOST_CHARACTERS };
}
