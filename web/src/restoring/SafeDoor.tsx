/** What one trusts when unlocking here, and how to need less trust. */

import { Text } from "@mantine/core";

import { door } from "../api/door";
import { useWords } from "../words/words";
import styles from "./Unlocking.module.css";

export function SafeDoor() {
  const words = useWords();
  return (
    <Text component="p" size="sm" c="dimmed" className={styles.door}>
      {door === null ? (
        <>
          {words.restoring.door.text} <code>csb open</code>
        </>
      ) : (
        words.safeDoor.here
      )}
    </Text>
  );
}
