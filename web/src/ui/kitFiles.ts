/** The recovery kit as files: a PDF of one page, and plain text. Made here; nothing is sent. */

import { kitCode } from "../lib/recovery";
import type { Words } from "../words/en";

export interface Kit {
  account: string;
  recoveryKey: string;
  server: string;
  /** The server's own, empty while it is not known. */
  pin: string;
  /** When it was made, as people read it. */
  made: string;
}

export async function kitPdf(kit: Kit, words: Words): Promise<Blob> {
  const [{ PdfPage }, { qrModules }, { drawKit }] = await Promise.all([
    import("../lib/pdf"),
    import("../lib/qr"),
    import("./kitPage"),
  ]);
  const page = new PdfPage();
  drawKit(page, kit, qrModules(kitCode(kit)), words);
  return page.finish(`${words.product}: ${words.kit.title}`);
}

export function kitText(kit: Kit, words: Words): Blob {
  const lines = [
    `${words.product}: ${words.kit.title}`,
    "",
    ...kitFacts(kit, words).map(([name, value]) => `${name}: ${value}`),
    "",
    `${words.kit.key}:`,
    kit.recoveryKey,
    "",
    words.kit.warning,
    "",
    ...words.kit.how.map((line) => `- ${line}`),
    "",
  ];
  return new Blob([lines.join("\n")], { type: "text/plain" });
}

/** What stands above the key, each with its name. */
export function kitFacts(kit: Kit, words: Words): [name: string, value: string][] {
  return [
    [words.kit.account, kit.account],
    [words.kit.server, kit.server],
    [words.kit.pin, (kit.pin.match(/.{1,8}/g) ?? []).join(" ")], // clients ignore the spaces
    [words.kit.made, kit.made],
  ];
}

export function saveFile(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
