/** One file through time: all its versions, and what can be done with each. */

import { ActionIcon, Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconHistoryOff, IconX } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";

import { Refusal } from "../../../api/client";
import { versionsQuery, type FileVersion } from "../../../api/past";
import { Empty, FailureNotice, Waiting } from "../../../ui/Page";
import { useWords } from "../../../words/words";
import { KindIcon } from "../folder/KindIcon";
import type { Travel } from "../travel";
import { Lifespans } from "./Lifespans";
import { nameAndFolder, type NameAndFolder } from "./paths";
import { VersionRow } from "./VersionRow";
import styles from "./Versions.module.css";

interface Props {
  travel: Travel;
  /** Base64url. */
  path: string;
  onClose: () => void;
}

export function VersionsPanel({ travel, path, onClose }: Props) {
  const words = useWords().versions;
  const query = useInfiniteQuery(versionsQuery(travel.device.device, path));
  const versions = query.data?.pages.flatMap((page) => page.versions) ?? [];
  const place = nameAndFolder(path);
  const isUnknown = query.error instanceof Refusal && query.error.status === 404;
  return (
    <section aria-label={words.of(place.name)} className={styles.panel}>
      <header className={styles.head}>
        {versions[0] && <KindIcon kind={versions[0].kind} />}
        <div>
          <h2>
            <bdi>{place.name}</bdi>
          </h2>
          <p>
            <bdi>{place.text}</bdi>
          </p>
        </div>
        <ActionIcon variant="subtle" color="gray" aria-label={words.close} onClick={onClose}>
          <IconX size={18} />
        </ActionIcon>
      </header>
      {query.isPending && (
        <div className={styles.notice}>
          <Waiting rows={4} />
        </div>
      )}
      {isUnknown && (
        <Empty icon={<IconHistoryOff size={26} />} title={words.none} text={words.noneText} />
      )}
      {query.isError && !isUnknown && (
        <div className={styles.notice}>
          <FailureNotice error={query.error} retry={() => void query.refetch()} />
        </div>
      )}
      {versions.length > 0 && <Versions key={path} {...{ travel, path, versions, place }} />}
      {query.hasNextPage && (
        <Button
          className={styles.more}
          variant="subtle"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {words.more}
        </Button>
      )}
    </section>
  );
}

interface VersionsProps {
  travel: Travel;
  path: string;
  versions: FileVersion[];
  place: NameAndFolder;
}

function Versions({ travel, path, versions, place }: VersionsProps) {
  const words = useWords().versions;
  const held = versions.find((one) => one.sequence <= travel.chosen.sequence) ?? versions.at(-1)!;
  const [opened, setOpened] = useState<number | null>(null);
  const shown = opened ?? held.sequence;
  const list = useListAt(held.sequence);
  return (
    <>
      <Lifespans {...{ travel, versions }} shown={shown} />
      <h3 className={styles.count}>{words.count(versions.length)}</h3>
      <ol ref={list} className={styles.list} reversed>
        {versions.map((version) => (
          <VersionRow
            key={version.sequence}
            {...{ travel, path, version, place }}
            isHeld={version === held}
            isOpen={version.sequence === shown}
            onOpen={() => setOpened(version.sequence === shown ? 0 : version.sequence)}
          />
        ))}
      </ol>
    </>
  );
}

/** A list that is scrolled to the version that held at the moment shown. */
function useListAt(sequence: number) {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    const held = list.current?.querySelector<HTMLElement>(`[data-sequence="${sequence}"]`);
    if (held) list.current!.scrollTop = held.offsetTop - list.current!.offsetTop - 8;
  }, [sequence]);
  return list;
}
