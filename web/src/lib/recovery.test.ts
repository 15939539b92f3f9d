import { decodeQR } from "qr/decode.js";
import { expect, test } from "vitest";

import { qrModules } from "./qr";
import { kitCode, readKitCode } from "./recovery";

const KIT = {
  account: "Łukasz & Zoë",
  server: "https://backup.example:8443",
  recoveryKey: "ABCD-EFGH-JKMN-PQRS-TVWX-YZ01-2345-6789-ABCD",
};

test("the code of a kit is read back, and nothing else is taken for one", () => {
  expect(readKitCode(kitCode(KIT))).toEqual(KIT);
  expect(readKitCode(`  ${kitCode(KIT).replaceAll("\n", "\r\n")}\n`)).toEqual(KIT);
  expect(readKitCode(KIT.recoveryKey)).toBeNull();
  expect(readKitCode("CSB-RECOVERY-2\na\nb\nc")).toBeNull();
  expect(readKitCode("CSB-RECOVERY-1\na\nb")).toBeNull();
});

test("the QR code says what the kit says", () => {
  const modules = qrModules(kitCode(KIT));
  const scale = 4;
  const side = modules.length * scale;
  const data = new Uint8Array(side * side * 4).fill(255);
  modules.forEach((row, y) =>
    row.forEach((dark, x) => {
      if (!dark) return;
      for (let down = 0; down < scale; down += 1) {
        const start = ((y * scale + down) * side + x * scale) * 4;
        data.fill(0, start, start + scale * 4);
      }
    }),
  );

  expect(readKitCode(decodeQR({ width: side, height: side, data }))).toEqual(KIT);
});
