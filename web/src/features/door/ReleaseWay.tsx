/** The ready-made client: one line for a terminal, or a file; then the machine shows up by itself. */

import { Anchor, Button, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconDownload, IconTerminal2 } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";

import type { Download, Offer } from "../../api/client";
import { door, serverAddress } from "../../api/door";
import { downloadQuery } from "../../api/queries";
import type { Machine } from "../../lib/platform";
import { Command } from "../../ui/Copy";
import { FailureNotice, Waiting } from "../../ui/Page";
import { Size } from "../../ui/Quantity";
import { useWords } from "../../words/words";
import styles from "./GetClient.module.css";
import { filesFor, targetOf, targetsIn, type Target } from "./targets";
import { WaitingForDevice } from "./WaitingForDevice";

interface Props {
  offer: Offer;
  machine: Machine;
  account: string | null;
}

export function ReleaseWay({ offer, machine, account }: Props) {
  const words = useWords().getting;
  const [wanted, setWanted] = useState(account !== null);
  const download = useQuery({ ...downloadQuery(account), enabled: wanted });
  if (!wanted) {
    return (
      <div className={styles.begin}>
        <Button size="md" leftSection={<IconTerminal2 size={18} />} onClick={() => setWanted(true)}>
          {words.begin}
        </Button>
        <Text size="sm" c="dimmed">
          {words.beginHint(offer.version)}
        </Text>
      </div>
    );
  }
  if (download.isPending) return <Waiting rows={2} />;
  if (download.isError) {
    return <FailureNotice error={download.error} retry={() => void download.refetch()} />;
  }
  return (
    <ol className={styles.steps}>
      <Step title={words.steps.run}>
        <Command text={download.data.command} label={words.steps.run} />
        <p className={styles.note}>{words.runHint}</p>
        <Files offer={offer} download={download.data} machine={machine} />
      </Step>
      <Step title={account === null ? words.steps.approveNew : words.steps.approve}>
        <p className={styles.note}>{words.approveHint}</p>
      </Step>
      <Step title={words.steps.arrive}>
        <WaitingForDevice
          code={download.data.code}
          signedIn={account !== null}
          renew={() => void download.refetch()}
        />
      </Step>
    </ol>
  );
}

function Step({ title, children }: { title: string; children: ReactNode }) {
  return (
    <li>
      <h3>{title}</h3>
      <Stack gap="sm">{children}</Stack>
    </li>
  );
}

interface FilesProps {
  offer: Offer;
  download: Download;
  machine: Machine;
}

function Files({ offer, download, machine }: FilesProps) {
  const words = useWords().getting;
  const targets = targetsIn(offer);
  const own = targetOf(machine);
  const others = targets.filter((target) => target !== own);
  return (
    <>
      {targets.includes(own) && (
        <details className={styles.trust}>
          <summary>{words.asFile(words.targets[own])}</summary>
          <FileList target={own} offer={offer} download={download} />
        </details>
      )}
      {others.length > 0 && (
        <details className={styles.trust}>
          <summary>{words.others}</summary>
          {others.map((target) => (
            <section key={target} className={styles.other}>
              <h4>{words.targets[target]}</h4>
              <FileList target={target} offer={offer} download={download} />
            </section>
          ))}
        </details>
      )}
    </>
  );
}

/**
 * Plain links, which the server's answer makes downloads: with the attribute `download`, Chromium
 * forgets that the person went on in spite of its warning, and the download never begins.
 */
function FileList({ target, offer, download }: { target: Target; offer: Offer; download: Download }) {
  const words = useWords().getting;
  return (
    <ul className={styles.files}>
      {filesFor(target, download.files, offer).map(({ kind, file }) => (
        <li key={file.name}>
          <div className={styles.fileHead}>
            <Anchor href={door === null ? file.path : serverAddress() + file.path}>
              <IconDownload size={16} aria-hidden="true" />
              <bdi>{file.name}</bdi>
            </Anchor>
            <span className={styles.size}>
              <Size bytes={file.size} />
            </span>
          </div>
          <p className={styles.note}>{words.kinds[kind](file.name)}</p>
          <p className={styles.hash}>
            {words.hash} <code>{file.sha256}</code>
          </p>
        </li>
      ))}
    </ul>
  );
}
