/** Which folders are backed up. */

import { Button, Switch } from "@mantine/core";
import { IconFolder, IconFolderSearch } from "@tabler/icons-react";
import { useState } from "react";

import type { Device } from "../../../api/client";
import type { Folders } from "../../../api/settings";
import { useWords } from "../../../words/words";
import { rootOf, rootText, rootTrouble } from "../drafts";
import styles from "../Settings.module.css";
import type { PartProps } from "./Part";
import { RootPicker } from "./RootPicker";
import { AddRow, Rows } from "./Rows";

interface Props extends PartProps<Folders> {
  /** Whose newest snapshot can be chosen from; null for a template. */
  device: Device | null;
}

export function FoldersPart({ value, onChange, disabled, device }: Props) {
  const words = useWords().settings.folders;
  const [picking, setPicking] = useState(false);

  function setRoots(roots: string[]) {
    onChange({ ...value, roots });
  }

  function trouble(text: string): string | null {
    const found = rootTrouble(text, value.roots);
    return found && words[found];
  }

  return (
    <>
      <Rows
        label={words.title}
        texts={value.roots.map(rootText)}
        none={words.none}
        disabled={disabled}
        icon={<IconFolder size={18} aria-hidden="true" />}
        removeLabel={words.remove}
        onRemove={(at) => setRoots(value.roots.filter((_, one) => one !== at))}
      />
      {!disabled && (
        <AddRow
          label={words.add}
          hint={words.addHint}
          submit={words.addSubmit}
          trouble={trouble}
          onAdd={(text) => setRoots([...value.roots, rootOf(text)])}
        >
          {device !== null && device.last_snapshot !== null && (
            <Button
              className={styles.wrapping}
              variant="subtle"
              leftSection={<IconFolderSearch size={17} />}
              onClick={() => setPicking(true)}
            >
              {words.pick}
            </Button>
          )}
        </AddRow>
      )}
      <Switch
        label={words.oneFileSystem}
        description={words.oneFileSystemText}
        checked={value.one_file_system}
        disabled={disabled}
        onChange={(event) => onChange({ ...value, one_file_system: event.currentTarget.checked })}
      />
      {device !== null && (
        <RootPicker
          device={device}
          opened={picking}
          roots={value.roots}
          onClose={() => setPicking(false)}
          onChoose={(root) => setRoots([...value.roots, root])}
        />
      )}
    </>
  );
}
