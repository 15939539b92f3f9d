/**
 * A PDF of one A4 page, written by hand: text, lines, boxes, squares and grey pictures.
 *
 * The fonts are those that every PDF reader has (Helvetica, Courier): nothing is embedded, so text
 * can only have the letters of western Europe. What cannot be written so is drawn as a picture.
 */

import { concat, type Bytes } from "./bytes";

export const PAGE = { width: 595, height: 842 } as const; // A4 in points

export type Font = "regular" | "bold" | "mono";
const FONTS: Record<Font, string> = {
  regular: "Helvetica",
  bold: "Helvetica-Bold",
  mono: "Courier-Bold",
};
const NAMES = Object.keys(FONTS) as Font[];

/** Places are points from the upper left corner; a text's place is the start of its base line. */
export class PdfPage {
  private readonly drawn: string[] = [];
  private readonly pictures: Picture[] = [];

  /** False when the fonts lack a letter of it: nothing is written then. */
  text(x: number, y: number, size: number, font: Font, text: string): boolean {
    const letters = westernLetters(text);
    if (letters === null) return false;
    const hex = letters.map((letter) => letter.toString(16).padStart(2, "0")).join("");
    const at = `${points(x)} ${points(PAGE.height - y)}`;
    this.drawn.push(`BT /F${NAMES.indexOf(font)} ${size} Tf ${at} Td <${hex}> Tj ET`);
    return true;
  }

  box(x: number, y: number, width: number, height: number): void {
    this.drawn.push(`0.6 w 0.6 G ${this.rectangle(x, y, width, height)} S`);
  }

  /** Dark squares of one size, such as those of a QR code. */
  squares(x: number, y: number, size: number, rows: boolean[][]): void {
    const filled = rows.flatMap((row, down) =>
      row.map((dark, right) =>
        dark ? this.rectangle(x + right * size, y + down * size, size, size) : "",
      ),
    );
    this.drawn.push(`0 g ${filled.filter(Boolean).join(" ")} f`);
  }

  /** `grey`: one byte a pixel, row by row; the picture stands on `y`. */
  picture(x: number, y: number, height: number, columns: number, grey: Bytes): void {
    const rows = grey.length / columns;
    const width = (height * columns) / rows;
    const place = `${points(width)} 0 0 ${points(height)} ${points(x)} ${points(PAGE.height - y)}`;
    this.drawn.push(`q ${place} cm /P${this.pictures.length} Do Q`);
    this.pictures.push({ columns, rows, grey });
  }

  /** The finished file. */
  finish(title: string): Blob {
    const fonts = NAMES.map((font) => font as string);
    const first = 4; // after the catalogue, the list of pages, and the page
    const used = [
      ...fonts.map((_, at) => `/F${at} ${first + at} 0 R`),
      ...this.pictures.map((_, at) => `/P${at} ${first + fonts.length + 1 + at} 0 R`),
    ];
    const content = first + fonts.length;
    const information = content + 1 + this.pictures.length;
    const objects: (string | Bytes)[] = [
      "<< /Type /Catalog /Pages 2 0 R >>",
      "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${PAGE.width} ${PAGE.height}] ` +
        `/Contents ${content} 0 R /Resources << /Font << ${used.slice(0, fonts.length).join(" ")} >> ` +
        `/XObject << ${used.slice(fonts.length).join(" ")} >> >> >>`,
      ...NAMES.map(
        (font) =>
          `<< /Type /Font /Subtype /Type1 /BaseFont /${FONTS[font]} /Encoding /WinAnsiEncoding >>`,
      ),
      stream("", latin(this.drawn.join("\n"))),
      ...this.pictures.map(({ columns, rows, grey }) =>
        stream(
          `/Type /XObject /Subtype /Image /Width ${columns} /Height ${rows} ` +
            "/ColorSpace /DeviceGray /BitsPerComponent 8 ",
          grey,
        ),
      ),
      `<< /Title ${utf16(title)} >>`,
    ];
    return new Blob([assemble(objects, information)], { type: "application/pdf" });
  }

  private rectangle(x: number, y: number, width: number, height: number): string {
    const corner = `${points(x)} ${points(PAGE.height - y - height)}`;
    return `${corner} ${points(width)} ${points(height)} re`;
  }
}

interface Picture {
  columns: number;
  rows: number;
  grey: Bytes;
}

/** Lines of at most `most` characters, broken between words. */
export function wrap(text: string, most: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > most) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

// Where Windows-1252 differs from Latin-1, as far as people write it.
const WESTERN = new Map(
  Object.entries({ "€": 0x80, "…": 0x85, "‘": 0x91, "’": 0x92, "“": 0x93, "”": 0x94, "„": 0x84, "–": 0x96, "—": 0x97, "•": 0x95 }),
);

function westernLetters(text: string): number[] | null {
  const letters = Array.from(text, (letter) => {
    const code = letter.codePointAt(0)!;
    const plain = (code >= 0x20 && code <= 0x7e) || (code >= 0xa0 && code <= 0xff);
    return plain ? code : WESTERN.get(letter);
  });
  return letters.every((letter) => letter !== undefined) ? letters : null;
}

function points(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function latin(text: string): Bytes {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function utf16(text: string): string {
  const codes = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  return `<FEFF${codes.map((code) => code.toString(16).padStart(4, "0")).join("")}>`;
}

function stream(about: string, content: Bytes): Bytes {
  const head = latin(`<< ${about}/Length ${content.length} >>\nstream\n`);
  return concat(head, content, latin("\nendstream"));
}

/** The objects, numbered from 1, and at the end where each of them lies. */
function assemble(objects: (string | Bytes)[], information: number): Bytes {
  const parts = [latin("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")];
  const places: number[] = [];
  let length = parts[0]!.length;
  objects.forEach((object, at) => {
    const body = typeof object === "string" ? latin(object) : object;
    const part = concat(latin(`${at + 1} 0 obj\n`), body, latin("\nendobj\n"));
    places.push(length);
    parts.push(part);
    length += part.length;
  });
  const table = places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
  const count = objects.length + 1;
  parts.push(
    latin(
      `xref\n0 ${count}\n0000000000 65535 f \n${table}trailer\n` +
        `<< /Size ${count} /Root 1 0 R /Info ${information} 0 R >>\nstartxref\n${length}\n%%EOF\n`,
    ),
  );
  return concat(...parts);
}
