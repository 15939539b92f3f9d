/** Whether one's files are unlocked in this page, on every page; and the way to change it. */

import { Button, Popover, Stack, Text } from "@mantine/core";
import { IconLock, IconLockOpen2 } from "@tabler/icons-react";
import { useState } from "react";

import { useWords } from "../words/words";
import { vault } from "../vault/vault";
import { useIsAnyUnfinished } from "./downloads";
import { IDLE_MINUTES } from "./idle";
import { useIsOpen, useWhyLocked, withOpenFiles } from "./keys";
import styles from "./Unlocking.module.css";

export function LockButton() {
  return useIsOpen() ? <OpenLock /> : <ClosedLock />;
}

function ClosedLock() {
  const words = useWords().restoring.lock;
  const why = useWhyLocked();
  return (
    <button
      type="button"
      className={styles.lock}
      data-lock="locked"
      title={why ? words.reasons[why] : words.lockedHint}
      onClick={() => withOpenFiles()}
    >
      <IconLock size={17} aria-hidden="true" />
      {words.locked}
    </button>
  );
}

function OpenLock() {
  const words = useWords().restoring.lock;
  const [shown, setShown] = useState(false);
  const isUnfinished = useIsAnyUnfinished();
  return (
    <Popover opened={shown} onChange={setShown} position="bottom-end" width={320} shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <button
          type="button"
          className={styles.lock}
          data-lock="open"
          onClick={() => setShown(!shown)}
        >
          <IconLockOpen2 size={17} aria-hidden="true" />
          {words.open}
        </button>
      </Popover.Target>
      <Popover.Dropdown aria-label={words.open}>
        <Stack gap="sm">
          <p>{words.openText}</p>
          <Text size="sm" c="dimmed">
            {words.locksItself(IDLE_MINUTES)}
          </Text>
          {isUnfinished && <Text size="sm">{words.stopsDownloads}</Text>}
          <Button
            variant="default"
            leftSection={<IconLock size={17} aria-hidden="true" />}
            onClick={() => vault.close()}
          >
            {words.lockNow}
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
