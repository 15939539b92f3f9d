/** Where everything stands on the page of the recovery kit. Load this module when needed. */

import { PAGE, wrap, type Font, type PdfPage } from "../lib/pdf";
import type { Words } from "../words/en";
import { kitFacts, type Kit } from "./kitFiles";

const LEFT = 56;
const LINE = 16;
const LONGEST_VALUE = 58; // characters that surely fit beside the names
const LONGEST_LINE = 84; // of text across the page
const GROUP = { width: 104, height: 42, gap: 10, across: 3 };
const CODE = 148; // the width of the QR code with its border

export function drawKit(page: PdfPage, kit: Kit, code: boolean[][], words: Words): void {
  write(page, LEFT, 84, 22, "bold", words.kit.title);
  write(page, LEFT, 104, 11, "regular", words.product);
  const below = drawFacts(page, 144, kit, words);
  write(page, LEFT, below + 22, 13, "bold", words.kit.key);
  const groups = below + 36;
  drawGroups(page, groups, kit.recoveryKey.split("-"), words.kit.checkGroup);
  const size = CODE / code.length;
  page.squares(PAGE.width - LEFT - CODE + 8, groups - 4, size, code);
  drawText(page, groups + 3 * (GROUP.height + GROUP.gap) + 30, words);
}

function drawFacts(page: PdfPage, top: number, kit: Kit, words: Words): number {
  let y = top;
  for (const [name, value] of kitFacts(kit, words)) {
    write(page, LEFT, y, 10, "regular", name);
    for (const part of wrap(value, LONGEST_VALUE).flatMap(cut)) {
      write(page, LEFT + 92, y, 10.5, "bold", part);
      y += LINE;
    }
  }
  return y;
}

function drawGroups(page: PdfPage, top: number, groups: string[], check: string): void {
  groups.forEach((group, at) => {
    const x = LEFT + (at % GROUP.across) * (GROUP.width + GROUP.gap);
    const y = top + Math.floor(at / GROUP.across) * (GROUP.height + GROUP.gap);
    page.box(x, y, GROUP.width, GROUP.height);
    write(page, x + 6, y + 12, 8, "regular", at < groups.length - 1 ? String(at + 1) : check);
    write(page, x + 27, y + 31, 21, "mono", group);
  });
}

function drawText(page: PdfPage, top: number, words: Words): void {
  let y = top;
  for (const line of wrap(words.kit.warning, LONGEST_LINE)) {
    write(page, LEFT, y, 11, "bold", line);
    y += LINE;
  }
  y += 14;
  write(page, LEFT, y, 12, "bold", words.kit.howTitle);
  for (const item of words.kit.how) {
    y += 8;
    wrap(item, LONGEST_LINE).forEach((line, at) => {
      y += LINE;
      if (at === 0) write(page, LEFT, y, 11, "regular", "•");
      write(page, LEFT + 14, y, 11, "regular", line);
    });
  }
  y += 2 * LINE;
  for (const line of wrap(words.kit.codeHolds, LONGEST_LINE + 14)) {
    write(page, LEFT, y, 9, "regular", line);
    y += 13;
  }
}

/** Pieces of a line that had no spaces to break at. */
function cut(line: string): string[] {
  const letters = Array.from(line);
  const count = Math.max(1, Math.ceil(letters.length / LONGEST_VALUE));
  return Array.from({ length: count }, (_, at) =>
    letters.slice(at * LONGEST_VALUE, (at + 1) * LONGEST_VALUE).join(""),
  );
}

function write(page: PdfPage, x: number, y: number, size: number, font: Font, text: string): void {
  if (page.text(x, y, size, font, text)) return;
  const { columns, grey } = pictured(text, size, font);
  page.picture(x, y + 0.35 * size, 1.4 * size, columns, grey);
}

const SHARPNESS = 5; // pixels a point

/** A line in the browser's own fonts, which have every letter. */
function pictured(text: string, size: number, font: Font) {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true })!;
  const face = `${font === "regular" ? "" : "bold "}${size * SHARPNESS}px sans-serif`;
  pen.font = face;
  canvas.width = Math.ceil(pen.measureText(text).width) + 2;
  canvas.height = Math.ceil(1.4 * size * SHARPNESS);
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.font = face; // a new width forgets it
  pen.fillStyle = "#000";
  pen.fillText(text, 0, 1.05 * size * SHARPNESS);
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  return { columns: canvas.width, grey: new Uint8Array(data.filter((_, at) => at % 4 === 0)) };
}
