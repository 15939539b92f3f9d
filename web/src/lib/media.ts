/** Which type a browser may be told a file has, by its name: a fixed list, in which nothing runs. */

const TEXT = "text/plain;charset=utf-8";

/** Never markup: HTML and SVG could run as a page of this server. */
const TYPES: Record<string, string> = {
  avif: "image/avif",
  bmp: "image/bmp",
  gif: "image/gif",
  ico: "image/x-icon",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  pdf: "application/pdf",
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
  txt: TEXT,
};

export const UNKNOWN_TYPE = "application/octet-stream";

/** The type of a picture, a PDF, sound, film or `.txt`; `UNKNOWN_TYPE` for everything else. */
export function safeType(name: string): string {
  const extension = /\.([^.]+)$/.exec(name)?.[1] ?? "";
  return TYPES[extension.toLowerCase()] ?? UNKNOWN_TYPE;
}
