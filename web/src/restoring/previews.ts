/** Which files can be looked at in the page, and how. */

import type { Chosen } from "../vault/types";

/** Bytes; all of a file is in memory while it is looked at. */
export const LARGEST_PREVIEW = 50_000_000;
/** A file whose name says nothing may be text; beyond this size we do not try. */
const LARGEST_GUESS = 1_000_000;

export type Manner = "image" | "audio" | "video" | "pdf" | "text";

/** Types are ours, by the name's ending: what a file says of itself is not asked. */
const TYPES: Record<string, string> = {
  avif: "image/avif",
  bmp: "image/bmp",
  gif: "image/gif",
  ico: "image/x-icon",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  aac: "audio/aac",
  flac: "audio/flac",
  m4a: "audio/mp4",
  mp3: "audio/mpeg",
  oga: "audio/ogg",
  ogg: "audio/ogg",
  opus: "audio/ogg",
  wav: "audio/wav",
  m4v: "video/mp4",
  mov: "video/mp4",
  mp4: "video/mp4",
  ogv: "video/ogg",
  webm: "video/webm",
  pdf: "application/pdf",
};

/** HTML and SVG are text here: markup is never rendered. */
const TEXTS = new Set(
  (
    "adoc asc bat bib c cc cfg cmd conf cpp cs css csv diff eml env go h hpp htm html ics ini " +
    "java js json jsonl jsx kt less log lua m3u md mdx mjs nfo patch php pl properties ps1 py r rb " +
    "rs rst rtf scss sh sql srt svg swift tex toml ts tsv tsx txt url vcf vtt xhtml xml yaml yml"
  ).split(" "),
);

export interface Look {
  manner: Manner;
  /** The type of the address it is shown from; text needs none. */
  type: string;
}

export function lookOf(name: string): Look | null {
  const ending = endingOf(name);
  const type = TYPES[ending];
  if (type === undefined) return TEXTS.has(ending) ? { manner: "text", type: "" } : null;
  const [family] = type.split("/");
  return { manner: family === "application" ? "pdf" : (family as Manner), type };
}

/** Whether a look is worth offering; one that is too large to be shown is told so there. */
export function canPreview(file: Chosen): boolean {
  if (file.kind !== "file") return false;
  return lookOf(file.name) !== null || (endingOf(file.name) === "" && file.size <= LARGEST_GUESS);
}

/** `txt` of `a.tar.TXT`; nothing of `README`, `.profile` and the like. */
function endingOf(name: string): string {
  const last = name.slice(name.lastIndexOf("/") + 1);
  const dot = last.lastIndexOf(".");
  return dot > 0 ? last.slice(dot + 1).toLowerCase() : "";
}
