/** What browsers have of the file system, and TypeScript's page types do not know. */

interface FileSystemSyncAccessHandle {
  write(data: AllowSharedBufferSource, options: { at: number }): number;
  truncate(length: number): void;
  flush(): void;
  close(): void;
}

interface FileSystemFileHandle {
  /** In threads only. */
  createSyncAccessHandle?: () => Promise<FileSystemSyncAccessHandle>;
}

interface FileSystemDirectoryHandle {
  keys(): AsyncIterableIterator<string>;
}

interface Window {
  showSaveFilePicker?: (options: { suggestedName: string }) => Promise<FileSystemFileHandle>;
}
