/** A page for tests alone, never shipped: the vault as it is, without the app around it. */

import { signIn, signOut } from "../src/api/actions";
import { fromBase64Url, toBase64Url, utf8 } from "../src/lib/bytes";
import type { OpeningProblem } from "../src/lib/opening/messages";
import type { Chosen, Selection } from "../src/vault/types";
import { vault, type Download } from "../src/vault/vault";

type Pick = Omit<Chosen, "name"> & { name?: string };

const downloads = new Map<string, Download>();

function selection(device: string, sequence: number, items: Pick[]): Selection {
  const named = items.map((item) => ({ ...item, name: item.name ?? textOf(item.path) }));
  return { device, deviceName: "laptop", sequence, items: named };
}

function textOf(path: string): string {
  return new TextDecoder().decode(fromBase64Url(path));
}

function describe(problems: OpeningProblem[], count: number) {
  const lines = problems.map(({ path, code }) => `${code} ${path}`);
  return { name: "problems.txt", text: [`${count}`, ...lines].join("\n") };
}

Object.assign(globalThis, {
  opening: {
    pathOf: (text: string) => toBase64Url(utf8(text)),

    async unlock(name: string, password: string) {
      await vault.unlock(await signIn(name, { password }), { password });
    },

    unlockWith: async (name: string, password: string, recoveryKey: string) =>
      vault.unlock(await signIn(name, { password }), { recoveryKey }),

    async signIn(name: string, password: string) {
      await signIn(name, { password });
    },

    signOut,

    /** The files of downloads in the browser's own file system. */
    async kept() {
      const root = await navigator.storage.getDirectory();
      const all = await root.getDirectoryHandle("downloads", { create: true });
      const names: string[] = [];
      for await (const page of all.keys()) {
        const folder = await all.getDirectoryHandle(page);
        for await (const name of folder.keys()) names.push(name);
      }
      return names;
    },

    close: () => vault.close("idle"),

    start(device: string, sequence: number, items: Pick[]) {
      const download = vault.download(selection(device, sequence, items), describe);
      downloads.set(download.id, download);
      return download.id;
    },

    status: (id: string) => downloads.get(id)!.status,
    act: (id: string, act: "pause" | "resume" | "cancel" | "save") => downloads.get(id)![act](),

    async preview(device: string, sequence: number, item: Pick, limit: number) {
      const blob = await vault.preview(selection(device, sequence, [item]), limit);
      return { type: blob.type, text: await blob.text() };
    },
  },
});

document.querySelector("main")!.dataset["ready"] = "";
