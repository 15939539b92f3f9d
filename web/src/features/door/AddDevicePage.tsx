/** One more device for the account that is signed in. */

import { useQuery } from "@tanstack/react-query";

import { accountQuery, serverQuery } from "../../api/queries";
import { FailureNotice, PageHead, Section, Waiting } from "../../ui/Page";
import { useWords } from "../../words/words";
import { GetClient } from "./GetClient";

export function AddDevicePage() {
  const words = useWords();
  const server = useQuery(serverQuery);
  const account = useQuery(accountQuery);
  return (
    <>
      <PageHead title={words.devices.addTitle} lead={words.client.lead} />
      {server.isPending && <Waiting />}
      {server.isError && <FailureNotice error={server.error} retry={() => void server.refetch()} />}
      {server.data && (
        <Section title={words.client.title}>
          <GetClient server={server.data} account={account.data?.name ?? null} />
        </Section>
      )}
    </>
  );
}
