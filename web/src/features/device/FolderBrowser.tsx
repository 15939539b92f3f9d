/** The files of a snapshot, folder by folder. Names are shown as text, whatever they hold. */

import { useQuery } from "@tanstack/react-query";
import { IconFolderOff } from "@tabler/icons-react";
import { Link } from "wouter";

import { Refusal, type Device, type SnapshotInfo } from "../../api/client";
import { rootsQuery } from "../../api/queries";
import { crumbs } from "../../lib/paths";
import { Empty, FailureNotice, Waiting } from "../../ui/Page";
import { When } from "../../ui/When";
import { useWords } from "../../words/words";
import { EntryList } from "./EntryList";
import page from "./DevicePage.module.css";
import { useFolder } from "./entries";
import styles from "./FolderBrowser.module.css";

interface Props {
  device: Device;
  snapshot: SnapshotInfo;
  path: string;
  addressOf: (folder: string) => string;
}

export function FolderBrowser({ device, snapshot, path, addressOf }: Props) {
  const words = useWords();
  const folder = useFolder(device.device, snapshot.sequence, path);
  const isGone = folder.error instanceof Refusal && folder.error.status === 404;
  return (
    <section className={page.panel} aria-label={words.browser.title}>
      <header className={styles.head}>
        <Crumbs device={device} snapshot={snapshot} path={path} addressOf={addressOf} />
        <p>
          {words.device.snapshotNumber(snapshot.sequence)}, <When at={snapshot.received} />
          {!folder.isPending && !folder.error && `, ${words.browser.items(folder.total)}`}
        </p>
      </header>
      {folder.error && !isGone && (
        <div className={styles.notice}>
          <FailureNotice error={folder.error} retry={folder.retry} />
        </div>
      )}
      {isGone && (
        <Empty
          icon={<IconFolderOff size={26} />}
          title={words.browser.goneTitle}
          text={words.browser.goneText}
        />
      )}
      {!folder.error && folder.isPending && (
        <div className={styles.notice}>
          <Waiting rows={6} />
        </div>
      )}
      {!folder.error && !folder.isPending && (
        <EntryList key={path} folder={folder} path={path} addressOf={addressOf} />
      )}
    </section>
  );
}

function Crumbs({ device, snapshot, path, addressOf }: Props) {
  const words = useWords().browser;
  const roots = useQuery(rootsQuery(device.device, snapshot.sequence));
  const names = roots.data?.entries.map((entry) => entry.name_bytes) ?? [];
  const way = crumbs(path, names);
  return (
    <nav aria-label={words.title}>
      <ol className={styles.crumbs}>
        <li>
          {way.length === 0 ? (
            <span aria-current="page">{words.roots}</span>
          ) : (
            <Link href={addressOf("")}>{words.roots}</Link>
          )}
        </li>
        {way.map((crumb, at) => (
          <li key={crumb.path}>
            {at === way.length - 1 ? (
              <span aria-current="page">{crumb.text}</span>
            ) : (
              <Link href={addressOf(crumb.path)}>{crumb.text}</Link>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
