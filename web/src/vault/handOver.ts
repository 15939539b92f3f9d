/** Giving a finished file to the browser, which puts it among the downloads. */

const REVOKED_AFTER_MS = 60_000; // by then the browser has begun to copy it

export function handOver(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), REVOKED_AFTER_MS);
}
