/** The files of the chosen moment, folder by folder. Names are shown as text, whatever they hold. */

import { useState } from "react";

import { Refusal } from "../../../api/client";
import { FailureNotice, Waiting } from "../../../ui/Page";
import { useWords } from "../../../words/words";
import page from "../DevicePage.module.css";
import type { Travel } from "../travel";
import { useWay, type Way } from "../useWay";
import { Crumbs } from "./Crumbs";
import { Entries } from "./Entries";
import styles from "./Folder.module.css";
import { Gone } from "./Gone";
import { BY_NAME, sortingAfter } from "./sorting";
import { useFolder } from "./useFolder";

export function FolderBrowser({ travel }: { travel: Travel }) {
  const words = useWords().browser;
  const { way, error, retry } = useWay(travel);
  return (
    <section className={`${page.panel} ${styles.browser}`} aria-label={words.title}>
      {error && <Failed error={error} retry={retry} />}
      {!error && way === null && <Pending />}
      {way && <FolderView travel={travel} way={way} />}
    </section>
  );
}

function FolderView({ travel, way }: { travel: Travel; way: Way }) {
  const words = useWords().browser;
  const { device, chosen, address, go } = travel;
  const [sorting, setSorting] = useState(BY_NAME);
  const folder = useFolder(device.device, chosen.sequence, way.path, sorting);
  const { error, isPending } = folder;
  const isGone = error instanceof Refusal && error.status === 404;
  return (
    <>
      <header className={styles.head}>
        <Crumbs way={way.steps} addressOf={(path) => address({ path })} />
        {!isPending && !error && <span>{words.items(folder.total)}</span>}
      </header>
      {isGone && (
        <Gone
          device={device.device}
          path={way.path}
          sequence={chosen.sequence}
          onGo={(sequence) => go({ sequence })}
        />
      )}
      {error && !isGone && <Failed error={error} retry={folder.retry} />}
      {!error && isPending && <Pending />}
      {!error && !isPending && (
        <Entries
          key={way.path}
          {...{ travel, way, folder, sorting }}
          onSort={(by) => setSorting(sortingAfter(sorting, by))}
        />
      )}
    </>
  );
}

function Pending() {
  return (
    <div className={styles.notice}>
      <Waiting rows={8} />
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
