/** What an entry is, at a glance. */

import { IconFile, IconFileSymlink, IconFileUnknown, IconFolderFilled } from "@tabler/icons-react";

import type { ListingEntry } from "../../../api/client";
import { useWords } from "../../../words/words";
import styles from "./KindIcon.module.css";

export function KindIcon({ kind }: { kind: ListingEntry["kind"] }) {
  const words = useWords().browser;
  if (kind === "folder") {
    return <IconFolderFilled size={19} className={styles.folder} aria-label={words.folder} />;
  }
  if (kind === "file") return <IconFile size={19} className={styles.kind} aria-label={words.file} />;
  if (kind === "symlink") {
    return <IconFileSymlink size={19} className={styles.kind} aria-label={words.symlink} />;
  }
  return <IconFileUnknown size={19} className={styles.kind} aria-label={words.special} />;
}
