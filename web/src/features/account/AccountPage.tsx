/** One's own account: what it is, devices, sessions, password, recovery kit, its data and its end. */

import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import type { Account } from "../../api/client";
import { accountQuery } from "../../api/queries";
import { formatBytes } from "../../lib/quantities";
import { Facts } from "../../ui/Facts";
import { FailureNotice, PageHead, Section, Waiting } from "../../ui/Page";
import { When } from "../../ui/When";
import { useSpeaking, useWords } from "../../words/words";
import { ChangePassword } from "./ChangePassword";
import { DeleteAccount } from "./DeleteAccount";
import { Export } from "./Export";
import { NewKit } from "./NewKit";
import { OwnDevices } from "./OwnDevices";
import { Sessions } from "./Sessions";

export function AccountPage() {
  const words = useWords().account;
  const account = useQuery({ ...accountQuery, refetchOnMount: "always" }); // what is stored grows
  return (
    <>
      <PageHead title={words.title} />
      {account.isPending && <Waiting />}
      {account.isError && (
        <FailureNotice error={account.error} retry={() => void account.refetch()} />
      )}
      {account.data && (
        <Stack gap="lg">
          <About account={account.data} />
          <Section title={words.devicesTitle}>
            <OwnDevices />
          </Section>
          <Section title={words.sessionsTitle}>
            <Sessions />
          </Section>
          <Section title={words.passwordTitle}>
            <ChangePassword account={account.data} />
          </Section>
          <Section title={words.kitTitle}>
            <NewKit account={account.data} />
          </Section>
          <Section title={words.exportTitle}>
            <Export />
          </Section>
          {account.data.closing == null && (
            <Section title={words.deleteTitle}>
              <DeleteAccount account={account.data} />
            </Section>
          )}
        </Stack>
      )}
    </>
  );
}

function About({ account }: { account: Account }) {
  const { words, locale } = useSpeaking();
  const mine = words.account;
  const stored = formatBytes(account.stored_bytes, locale);
  const quota = formatBytes(account.quota_bytes, locale);
  return (
    <Section>
      <Facts
        facts={[
          [mine.name, <bdi key="name">{account.name}</bdi>],
          [mine.role, account.role === "admin" ? mine.roleAdmin : mine.roleUser],
          [mine.created, <When key="created" at={account.created} />],
          [mine.stored, account.quota_bytes > 0 ? mine.quota(stored, quota) : mine.noQuota(stored)],
        ]}
      />
    </Section>
  );
}
