/** What is being downloaded, on every page: a panel in the corner, on a phone at the bottom. */

import { Button, VisuallyHidden } from "@mantine/core";
import { IconChevronDown, IconChevronUp, IconDownload } from "@tabler/icons-react";
import { useCallback, useRef, useState } from "react";

import { useWords } from "../words/words";
import type { Download } from "../vault/vault";
import { DownloadCard } from "./DownloadCard";
import { isUnderWay, useDownloads } from "./downloads";
import styles from "./DownloadsTray.module.css";

export function DownloadsTray() {
  const downloads = useDownloads();
  const [said, say] = useState("");
  return (
    <>
      {downloads.length > 0 && <Tray downloads={downloads} say={say} />}
      <VisuallyHidden role="status">{said}</VisuallyHidden>
    </>
  );
}

interface TrayProps {
  downloads: Download[];
  say: (text: string) => void;
}

function Tray({ downloads, say }: TrayProps) {
  const words = useWords().restoring.tray;
  const { isUnfolded, setUnfolded } = useFolding(downloads.length);
  const title = useRef<HTMLButtonElement>(null);
  // Whoever puts a download away by keyboard stays in the panel, or on the page when that is gone.
  const remove = useCallback((download: Download) => {
    const after = title.current;
    download.cancel();
    if (after?.isConnected) after.focus();
    else document.getElementById("main")?.focus();
  }, []);

  return (
    <>
      <div className={styles.room} aria-hidden="true" />
      <section className={styles.tray} aria-label={words.title}>
        <header className={styles.head}>
          <button
            ref={title}
            type="button"
            className={styles.title}
            aria-expanded={isUnfolded}
            onClick={() => setUnfolded(!isUnfolded)}
          >
            <IconDownload size={18} aria-hidden="true" />
            {words.heading(downloads.length)}
            {isUnfolded ? (
              <IconChevronDown size={18} aria-hidden="true" />
            ) : (
              <IconChevronUp size={18} aria-hidden="true" />
            )}
          </button>
          <PutAway downloads={downloads} remove={remove} />
        </header>
        <ul className={styles.list} hidden={!isUnfolded}>
          {downloads.toReversed().map((one) => (
            <DownloadCard key={one.id} download={one} say={say} remove={remove} />
          ))}
        </ul>
      </section>
    </>
  );
}

/** Folded by hand; unfolds when another download begins. */
function useFolding(count: number) {
  const [isUnfolded, setUnfolded] = useState(true);
  const [known, setKnown] = useState(count);
  if (count !== known) {
    setKnown(count);
    if (count > known) setUnfolded(true);
  }
  return { isUnfolded, setUnfolded };
}

interface PutAwayProps {
  downloads: Download[];
  remove: (download: Download) => void;
}

function PutAway({ downloads, remove }: PutAwayProps) {
  const words = useWords().restoring.tray;
  const over = downloads.filter((one) => !isUnderWay(one) && one.status.state !== "paused");
  if (over.length < 2) return null;
  return (
    <Button variant="subtle" size="compact-sm" onClick={() => over.forEach(remove)}>
      {words.putAwayAll}
    </Button>
  );
}
