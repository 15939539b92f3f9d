/** How the client knows the server, for who wants to compare it. */

import { Stack, Text } from "@mantine/core";

import type { ServerInfo } from "../../api/client";
import { Command } from "../../ui/Copy";
import { useWords } from "../../words/words";
import styles from "./GetClient.module.css";

export function Trust({ server }: { server: ServerInfo }) {
  const words = useWords().client;
  return (
    <details className={styles.trust}>
      <summary>{words.verify}</summary>
      <Stack gap="sm" mt="sm">
        <p>{words.verifyText}</p>
        <Command text="csb-server pin" label="csb-server pin" />
        <div>
          <Text size="sm" c="dimmed">
            {words.pin}
          </Text>
          <Command text={server.pin} label={words.pin} />
        </div>
        <p>{words.browserText}</p>
      </Stack>
    </details>
  );
}
