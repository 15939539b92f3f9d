/** Where this page comes from: the person's own client, which is safer, or the server. */

import { IconShieldCheck, IconShieldHalf } from "@tabler/icons-react";

import { door } from "../api/door";
import { useWords } from "../words/words";
import { Command } from "./Copy";
import styles from "./DoorNote.module.css";

/** Beside whatever asks for a password to open contents: how much that trusts the server. */
export function DoorNote() {
  const words = useWords().safeDoor;
  if (door !== null) {
    return (
      <div className={styles.note} data-tone="ok">
        <IconShieldCheck size={20} aria-hidden="true" />
        <p>{words.here}</p>
      </div>
    );
  }
  return (
    <div className={styles.note} data-tone="idle">
      <IconShieldHalf size={20} aria-hidden="true" />
      <div>
        <p>{words.advice}</p>
        <Command text="csb open" label="csb open" />
        <p className={styles.why}>{words.adviceWhy}</p>
      </div>
    </div>
  );
}
