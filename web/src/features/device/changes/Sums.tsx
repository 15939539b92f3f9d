/** What came, went and changed, counted, with the bytes of each. */

import { IconCirclePlus, IconPencil, IconTrash } from "@tabler/icons-react";

import type { ChangeEntry } from "../../../api/past";
import { Size } from "../../../ui/Quantity";
import { useWords } from "../../../words/words";
import styles from "./Changes.module.css";

type Counted = Pick<
  ChangeEntry,
  "files_added" | "files_removed" | "files_changed" | "bytes_added" | "bytes_removed"
>;

export function Sums({ counted }: { counted: Counted }) {
  const words = useWords().changes;
  return (
    <ul className={styles.sums}>
      <li data-tone="ok">
        <IconCirclePlus size={17} aria-hidden="true" />
        <b>{words.added(counted.files_added)}</b>
      </li>
      <li data-tone="accent">
        <IconPencil size={17} aria-hidden="true" />
        <b>{words.changed(counted.files_changed)}</b>
      </li>
      <li data-tone="bad">
        <IconTrash size={17} aria-hidden="true" />
        <b>{words.removed(counted.files_removed)}</b>
      </li>
      <li>
        <span>{words.bytes}</span> <Gained bytes={counted.bytes_added} sign="+" />{" "}
        <Gained bytes={counted.bytes_removed} sign="−" />
      </li>
    </ul>
  );
}

export function Gained({ bytes, sign }: { bytes: number; sign: "+" | "−" }) {
  if (bytes === 0) return null;
  return (
    <span className={styles.gained} data-sign={sign}>
      {sign}
      <Size bytes={bytes} />
    </span>
  );
}
