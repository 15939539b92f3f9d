/** Which files can be looked at in the page, and how. */

import { safeType, UNKNOWN_TYPE } from "../lib/media";
import type { Chosen } from "../vault/types";

/** Bytes; all of a file is in memory while it is looked at. */
export const LARGEST_PREVIEW = 50_000_000;
/** A file whose name says nothing may be text; beyond this size we do not try. */
const LARGEST_GUESS = 1_000_000;

export type Manner = "image" | "audio" | "video" | "pdf" | "text";

/** HTML and SVG are text here: markup is never rendered. */
const TEXTS = new Set(
  (
    "adoc asc bat bib c cc cfg cmd conf cpp cs css csv diff eml env go h hpp htm html ics ini " +
    "java js json jsonl jsx kt less log lua m3u md mdx mjs nfo patch php pl properties ps1 py r rb " +
    "rs rst rtf scss sh sql srt svg swift tex toml ts tsv tsx txt url vcf vtt xhtml xml yaml yml"
  ).split(" "),
);

/** How a file of that name is shown; the name alone decides, not what the file says of itself. */
export function mannerOf(name: string): Manner | null {
  if (TEXTS.has(endingOf(name))) return "text";
  const type = safeType(name);
  if (type === UNKNOWN_TYPE) return null;
  const [family] = type.split("/");
  return family === "application" ? "pdf" : (family as Manner);
}

/** Whether a look is worth offering; one that is too large to be shown is told so there. */
export function canPreview(file: Chosen): boolean {
  if (file.kind !== "file") return false;
  return mannerOf(file.name) !== null || (endingOf(file.name) === "" && file.size <= LARGEST_GUESS);
}

/** `txt` of `a.tar.TXT`; nothing of `README`, `.profile` and the like. */
function endingOf(name: string): string {
  const last = name.slice(name.lastIndexOf("/") + 1);
  const dot = last.lastIndexOf(".");
  return dot > 0 ? last.slice(dot + 1).toLowerCase() : "";
}
