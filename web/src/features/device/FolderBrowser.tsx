/** The files of a snapshot, folder by folder. Names are shown as text, whatever they hold. */

import { useQuery } from "@tanstack/react-query";
import { IconFolderOff } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link } from "wouter";

import { Refusal, type Device, type SnapshotInfo } from "../../api/client";
import { rootsQuery } from "../../api/queries";
import { childPath, crumbs, type Crumb } from "../../lib/paths";
import { Command } from "../../ui/Copy";
import { Empty, FailureNotice, Waiting } from "../../ui/Page";
import { When } from "../../ui/When";
import { useWords } from "../../words/words";
import { EntryList } from "./EntryList";
import page from "./DevicePage.module.css";
import { useFolder } from "./entries";
import styles from "./FolderBrowser.module.css";
import { restoreCommand } from "./restoreCommand";

interface Props {
  device: Device;
  snapshot: SnapshotInfo;
  path: string;
  addressOf: (folder: string) => string;
  /** Whether these are one's own files: only their owner opens them. */
  isOwn: boolean;
}

export function FolderBrowser({ device, snapshot, path, addressOf, isOwn }: Props) {
  const roots = useQuery(rootsQuery(device.device, snapshot.sequence));
  const entries = roots.data?.entries ?? [];
  const only = entries.length === 1 && entries[0]!.kind === "folder" ? entries[0]! : null;
  // Where one folder is backed up, a list of one folder would only be in the way.
  const shown = path === "" && only ? childPath("", only.name_bytes) : path;
  const way = crumbs(
    shown,
    entries.map((entry) => entry.name_bytes),
  );
  return (
    <section className={page.panel} aria-label={useWords().browser.title}>
      {roots.isPending && <Pending />}
      {roots.isError && <Failed error={roots.error} retry={() => void roots.refetch()} />}
      {roots.data && (
        <FolderView
          device={device}
          snapshot={snapshot}
          path={shown}
          addressOf={addressOf}
          isOwn={isOwn}
          crumbs={<Crumbs way={way} addressOf={addressOf} hasTop={!only} />}
        />
      )}
    </section>
  );
}

function FolderView(props: Props & { crumbs: ReactNode }) {
  const { device, snapshot, path, addressOf } = props;
  const words = useWords();
  const folder = useFolder(device.device, snapshot.sequence, path);
  const isGone = folder.error instanceof Refusal && folder.error.status === 404;
  return (
    <>
      <header className={styles.head}>
        {props.crumbs}
        <p>
          {words.device.snapshotNumber(snapshot.sequence)}, <When at={snapshot.received} />
          {!folder.isPending && !folder.error && `, ${words.browser.items(folder.total)}`}
        </p>
      </header>
      {isGone && (
        <Empty
          icon={<IconFolderOff size={26} />}
          title={words.browser.goneTitle}
          text={words.browser.goneText}
        />
      )}
      {folder.error && !isGone && <Failed error={folder.error} retry={folder.retry} />}
      {!folder.error && folder.isPending && <Pending />}
      {!folder.error && !folder.isPending && (
        <>
          {props.isOwn && <RestoreHint device={device} snapshot={snapshot} path={path} />}
          <EntryList key={path} folder={folder} path={path} addressOf={addressOf} />
        </>
      )}
    </>
  );
}

function RestoreHint({ device, snapshot, path }: Omit<Props, "addressOf" | "isOwn">) {
  const words = useWords().browser;
  return (
    <details className={styles.restore}>
      <summary>{words.restoreTitle}</summary>
      <p>{words.restoreHint}</p>
      <Command
        text={restoreCommand(device.name, snapshot.sequence, path)}
        label={words.restoreTitle}
      />
    </details>
  );
}

function Pending() {
  return (
    <div className={styles.notice}>
      <Waiting rows={6} />
    </div>
  );
}

function Failed({ error, retry }: { error: Error; retry: () => void }) {
  return (
    <div className={styles.notice}>
      <FailureNotice error={error} retry={retry} />
    </div>
  );
}

interface CrumbsProps {
  way: Crumb[];
  /** Whether there is a list of several roots above. */
  hasTop: boolean;
  addressOf: (folder: string) => string;
}

function Crumbs({ way, hasTop, addressOf }: CrumbsProps) {
  const words = useWords().browser;
  const steps = hasTop ? [{ text: words.roots, path: "" }, ...way] : way;
  return (
    <nav aria-label={words.title}>
      <ol className={styles.crumbs}>
        {steps.map((step, at) => (
          <li key={step.path}>
            {at === steps.length - 1 ? (
              <span aria-current="page">{step.text}</span>
            ) : (
              <Link href={addressOf(step.path)}>{step.text}</Link>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
