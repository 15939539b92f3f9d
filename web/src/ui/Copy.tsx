/** A command or an id to take away. */

import { ActionIcon, CopyButton, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";

import { useWords } from "../words/words";
import styles from "./Copy.module.css";

export function Command({ text, label }: { text: string; label: string }) {
  const words = useWords();
  return (
    <div className={styles.command}>
      <code className={styles.text}>{text}</code>
      <CopyButton value={text} timeout={2000}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? words.client.copied : words.client.copy} position="left">
            <ActionIcon
              variant="subtle"
              color={copied ? "green" : "gray"}
              aria-label={`${words.client.copy}: ${label}`}
              onClick={copy}
            >
              {copied ? <IconCheck size={17} /> : <IconCopy size={17} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </div>
  );
}
