/** That this page comes from the person's own client; nothing on the server's own page. */

import { IconShieldCheck } from "@tabler/icons-react";

import { door } from "../api/door";
import { useWords } from "../words/words";
import styles from "./DoorStrip.module.css";

export function DoorStrip() {
  const words = useWords().safeDoor;
  if (door === null) return null;
  return (
    <div className={styles.strip}>
      <IconShieldCheck size={16} aria-hidden="true" />
      {words.strip}
    </div>
  );
}
