/** How the server itself does. */

import { useQuery } from "@tanstack/react-query";

import type { Schemas } from "../../api/client";
import { serverQuery, statusQuery } from "../../api/queries";
import { Command } from "../../ui/Copy";
import { Facts, Id } from "../../ui/Facts";
import { FailureNotice, PageHead, Section, Waiting } from "../../ui/Page";
import { Count, Size } from "../../ui/Quantity";
import { When } from "../../ui/When";
import { useWords } from "../../words/words";
import styles from "./Admin.module.css";

export function ServerPage() {
  const words = useWords();
  const status = useQuery(statusQuery);
  const server = useQuery(serverQuery);
  return (
    <>
      <PageHead title={words.admin.serverTitle} lead={server.data?.name} />
      {status.isPending && <Waiting />}
      {status.isLoadingError && (
        <FailureNotice error={status.error} retry={() => void status.refetch()} />
      )}
      <div className={styles.sections}>
        {status.data && <Status status={status.data} />}
        {server.data && (
          <Section title={words.client.pin}>
            <Command text={server.data.pin} label={words.client.pin} />
          </Section>
        )}
      </div>
    </>
  );
}

function Status({ status }: { status: Schemas["ServerStatus"] }) {
  const words = useWords().admin;
  return (
    <Section>
      <Facts
        facts={[
          [words.storedTotal, <Size key="stored" bytes={status.stored_bytes} />],
          [words.free, <Size key="free" bytes={status.free_bytes} />],
          [words.accounts, <Count key="accounts" count={status.accounts} />],
          [words.devices, <Count key="devices" count={status.devices} />],
          [words.snapshots, <Count key="snapshots" count={status.snapshots} />],
          [words.packs, <Count key="packs" count={status.packs} />],
          [words.running, <When key="running" at={status.started} />],
          [words.version, status.version],
          [words.folder, <Id key="folder">{status.data_folder}</Id>],
        ]}
      />
    </Section>
  );
}
