/** What downloads keep in the browser's own file system, and its removal. */

const FOLDER = "downloads";

/**
 * The folder of one page, `name`. The page holds a lock of that name for as long as it lives, so
 * that others know its files from those of a page that is gone.
 */
export async function pageFolder(name: string): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  const all = await root.getDirectoryHandle(FOLDER, { create: true });
  return all.getDirectoryHandle(name, { create: true });
}

/** Held until the page ends. */
export function holdFolder(name: string): void {
  void navigator.locks.request(lockOf(name), () => new Promise(() => undefined));
}

/** Remove what pages left that are gone. Where there is no such file system, there is nothing. */
export async function removeLeftovers(mine: string): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const all = await root.getDirectoryHandle(FOLDER, { create: true });
  const names: string[] = [];
  for await (const name of all.keys()) if (name !== mine) names.push(name);
  for (const name of names) {
    await navigator.locks.request(lockOf(name), { ifAvailable: true }, async (lock) => {
      if (lock !== null) await all.removeEntry(name, { recursive: true });
    });
  }
}

/** Remove one file; nothing happens when it is not there, or still written. */
export async function removeFile(folder: string, name: string): Promise<void> {
  await (await pageFolder(folder)).removeEntry(name).catch(() => undefined);
}

/** How much this page may keep; 0 where it cannot. */
export async function freeBytes(): Promise<number> {
  try {
    await navigator.storage.getDirectory();
    const { quota = 0, usage = 0 } = await navigator.storage.estimate();
    return Math.max(0, quota - usage);
  } catch {
    return 0;
  }
}

function lockOf(name: string): string {
  return `csb-downloads-${name}`;
}
