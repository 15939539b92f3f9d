/** What one trusts when unlocking here, and how to need less trust. */

import { Text } from "@mantine/core";

import { useWords } from "../words/words";
import styles from "./Unlocking.module.css";

export function SafeDoor() {
  const words = useWords().restoring.door;
  return (
    <Text component="p" size="sm" c="dimmed" className={styles.door}>
      {words.text} <code>csb open</code>
    </Text>
  );
}
