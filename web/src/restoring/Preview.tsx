/** A look at one file, opened in this browser. It closes when the files are locked. */

import { ActionIcon, Button, Group, Modal } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconChevronLeft, IconChevronRight, IconDownload } from "@tabler/icons-react";
import { useEffect, useEffectEvent, type KeyboardEvent } from "react";

import { Size } from "../ui/Quantity";
import { useWords } from "../words/words";
import type { Selection } from "../vault/types";
import { vault } from "../vault/vault";
import { useDownload } from "./download";
import { endWish, useIsOpen, withOpenFiles } from "./keys";
import styles from "./Preview.module.css";
import { PreviewBody } from "./PreviewBody";

interface Props {
  /** Exactly one file. */
  selection: Selection;
  onClose: () => void;
  /** To the file before (-1) or after (1), by the arrow keys. */
  onStep?: (by: -1 | 1) => void;
}

export function Preview({ selection, onClose, onStep }: Props) {
  const words = useWords().restoring;
  const isOpen = useOpenOrClose(words.preview.label, onClose);
  const isNarrow = useMediaQuery("(max-width: 48em)") ?? false;
  const download = useDownload();
  const file = selection.items[0]!;

  function step({ key, target }: KeyboardEvent) {
    const by = key === "ArrowLeft" ? -1 : key === "ArrowRight" ? 1 : null;
    if (by && !(target instanceof HTMLMediaElement)) onStep?.(by);
  }

  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      size="72rem"
      fullScreen={isNarrow}
      title={
        <span className={styles.title}>
          <bdi>{file.name}</bdi> <Size bytes={file.size} />
        </span>
      }
      closeButtonProps={{ "aria-label": words.preview.close }}
      onKeyDown={step}
    >
      <PreviewBody key={`${selection.device} ${selection.sequence} ${file.path}`} selection={selection} />
      <Group justify="flex-end" gap="sm" mt="md">
        {onStep && <Steps onStep={onStep} />}
        <Button
          variant="default"
          leftSection={<IconDownload size={18} aria-hidden="true" />}
          onClick={() => download(selection)}
        >
          {words.actions.download}
        </Button>
      </Group>
    </Modal>
  );
}

function Steps({ onStep }: { onStep: (by: -1 | 1) => void }) {
  const words = useWords().restoring.preview;
  return (
    <Group gap="xs" mr="auto">
      <ActionIcon variant="default" size="lg" aria-label={words.before} onClick={() => onStep(-1)}>
        <IconChevronLeft size={18} />
      </ActionIcon>
      <ActionIcon variant="default" size="lg" aria-label={words.after} onClick={() => onStep(1)}>
        <IconChevronRight size={18} />
      </ActionIcon>
    </Group>
  );
}

/** Ask to unlock first; and close once the files are locked again. */
function useOpenOrClose(label: string, onClose: () => void): boolean {
  const isOpen = useIsOpen();
  const ask = useEffectEvent(() => {
    withOpenFiles({ label, needsClick: false, go: () => undefined, giveUp: onClose });
  });
  const close = useEffectEvent(onClose);
  useEffect(() => {
    ask();
    return endWish;
  }, []);
  useEffect(() => {
    if (!isOpen) return;
    return vault.subscribe(() => {
      if (vault.lock.state === "locked") close();
    });
  }, [isOpen]);
  return isOpen;
}
