/** Another folder, found in the device's own tree. */

import { Button, Group, Modal, Stack } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconArrowUp, IconFolder, IconFolderPlus, IconLock } from "@tabler/icons-react";
import { useState } from "react";

import { addPlace, choosingQuery, foldersQuery, type OwnFolders } from "../../api/ownDevice";
import { FailureNotice, Waiting } from "../../ui/Page";
import { useWords } from "../../words/words";
import styles from "./Choosing.module.css";

export function AddFolder({ onAdded }: { onAdded: (key: string) => void }) {
  const words = useWords().choosing;
  const [looking, setLooking] = useState(false);
  return (
    <>
      <Button
        variant="default"
        mt="sm"
        leftSection={<IconFolderPlus size={18} aria-hidden="true" />}
        onClick={() => setLooking(true)}
      >
        {words.add}
      </Button>
      <Modal
        opened={looking}
        onClose={() => setLooking(false)}
        title={words.addTitle}
        closeButtonProps={{ "aria-label": words.cancel }}
      >
        {looking && (
          <Look
            onAdded={(key) => {
              setLooking(false);
              onAdded(key);
            }}
          />
        )}
      </Modal>
    </>
  );
}

function Look({ onAdded }: { onAdded: (key: string) => void }) {
  const words = useWords().choosing;
  const queries = useQueryClient();
  const [path, setPath] = useState("");
  const folders = useQuery(foldersQuery(path));
  const add = useMutation({
    mutationFn: (chosen: string) => addPlace(chosen),
    onSuccess: (now, chosen) => {
      queries.setQueryData(choosingQuery.queryKey, now);
      onAdded(chosen);
    },
  });
  if (folders.isPending) return <Waiting />;
  if (folders.isError) {
    return <FailureNotice error={folders.error} retry={() => setPath("")} />;
  }
  const { data } = folders;
  return (
    <Stack gap="sm">
      <Group justify="space-between" gap="xs">
        <bdi className={styles.path}>{data.path}</bdi>
        {data.parent !== "" && (
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={<IconArrowUp size={15} aria-hidden="true" />}
            onClick={() => setPath(data.parent)}
          >
            {words.up}
          </Button>
        )}
      </Group>
      <FolderList folders={data} onOpen={setPath} />
      {add.isError && <FailureNotice error={add.error} />}
      <Group justify="flex-end">
        <Button loading={add.isPending} onClick={() => add.mutate(data.path_bytes)}>
          {words.addThis}
        </Button>
      </Group>
    </Stack>
  );
}

function FolderList({ folders, onOpen }: { folders: OwnFolders; onOpen: (path: string) => void }) {
  const words = useWords().choosing;
  if (folders.folders.length === 0) return <p className={styles.lead}>{words.noFolders}</p>;
  return (
    <ul className={styles.tree}>
      {folders.folders.map((one) => (
        <li key={one.path_bytes}>
          <button type="button" disabled={!one.readable} onClick={() => onOpen(one.path_bytes)}>
            {one.readable ? (
              <IconFolder size={17} aria-hidden="true" />
            ) : (
              <IconLock size={17} aria-hidden="true" />
            )}
            <bdi>{one.name}</bdi>
            {!one.readable && <span>{words.notReadable}</span>}
          </button>
        </li>
      ))}
      {folders.total > folders.folders.length && (
        <li>{words.more(folders.total - folders.folders.length)}</li>
      )}
    </ul>
  );
}
