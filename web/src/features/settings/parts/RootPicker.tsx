/** Choose a folder of the newest snapshot, one level after the other. */

import { Button, Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconArrowUp, IconCheck, IconFolder } from "@tabler/icons-react";
import { useState } from "react";

import type { Device, SnapshotInfo } from "../../../api/client";
import { folderQuery, snapshotsQuery } from "../../../api/queries";
import { fromBase64Url, toBase64 } from "../../../lib/bytes";
import { childPath } from "../../../lib/paths";
import { FailureNotice, Waiting } from "../../../ui/Page";
import { useWords } from "../../../words/words";
import { isBelow, rootText } from "../drafts";
import styles from "../Settings.module.css";

interface Props {
  device: Device;
  opened: boolean;
  roots: string[];
  onClose: () => void;
  onChoose: (root: string) => void;
}

export function RootPicker({ device, opened, roots, onClose, onChoose }: Props) {
  const words = useWords().settings;
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      size="lg"
      title={words.folders.pickTitle}
      closeButtonProps={{ "aria-label": words.review.cancel }}
    >
      <Newest device={device} roots={roots} onChoose={onChoose} />
    </Modal>
  );
}

type ChooseProps = Pick<Props, "device" | "roots" | "onChoose">;

function Newest(props: ChooseProps) {
  const snapshots = useQuery(snapshotsQuery(props.device));
  if (snapshots.isPending) return <Waiting />;
  if (snapshots.isError) return <FailureNotice error={snapshots.error} />;
  const newest = snapshots.data.findLast((one) => !one.expired);
  return newest ? <Folder {...props} snapshot={newest} /> : null;
}

function Folder({ device, roots, onChoose, snapshot }: ChooseProps & { snapshot: SnapshotInfo }) {
  const words = useWords().settings.folders;
  const [way, setWay] = useState<string[]>([]);
  const path = way.at(-1) ?? "";
  const folder = useQuery(folderQuery(device.device, snapshot.sequence, path));
  const folders = folder.data?.entries.filter((one) => one.kind === "folder") ?? [];
  return (
    <div className={styles.picker}>
      <p>{words.pickText}</p>
      <div className={styles.pickerHead}>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconArrowUp size={15} />}
          disabled={way.length === 0}
          onClick={() => setWay(way.slice(0, -1))}
        >
          {words.up}
        </Button>
        <bdi className={styles.code}>{path === "" ? "" : textOf(path)}</bdi>
      </div>
      {folder.isPending && <Waiting />}
      {folder.isError && <FailureNotice error={folder.error} />}
      {folder.isSuccess && folders.length === 0 && <p className={styles.none}>{words.pickEmpty}</p>}
      <ul className={styles.rows} aria-label={words.pickTitle}>
        {folders.map((entry) => {
          const inside = childPath(path, entry.name_bytes);
          return (
            <li key={entry.name_bytes}>
              <IconFolder size={18} aria-hidden="true" />
              <button
                type="button"
                className={styles.open}
                onClick={() => setWay([...way, inside])}
              >
                <bdi>{entry.name}</bdi>
              </button>
              <Choose path={inside} roots={roots} onChoose={onChoose} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Choose({ path, roots, onChoose }: Pick<Props, "roots" | "onChoose"> & { path: string }) {
  const words = useWords().settings.folders;
  const root = toBase64(fromBase64Url(path));
  const text = textOf(path);
  const chosen = roots.map(rootText).some((one) => one === text || isBelow(text, one));
  if (chosen) {
    return (
      <span className={styles.chosen}>
        <IconCheck size={15} aria-hidden="true" />
        {words.chosen}
      </span>
    );
  }
  return (
    <Button
      variant="light"
      size="compact-sm"
      aria-label={`${words.choose}: ${text}`}
      onClick={() => onChoose(root)}
    >
      {words.addSubmit}
    </Button>
  );
}

function textOf(path: string): string {
  return rootText(toBase64(fromBase64Url(path)));
}
