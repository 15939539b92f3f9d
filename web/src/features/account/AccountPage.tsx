/** One's own account: what it is, password, recovery kit, session. */

import { Button, Stack } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";

import { signOut } from "../../api/actions";
import type { Account } from "../../api/client";
import { accountQuery } from "../../api/queries";
import { setPerson } from "../../api/session";
import { formatBytes } from "../../lib/quantities";
import { Facts } from "../../ui/Facts";
import { FailureNotice, PageHead, Section, Waiting } from "../../ui/Page";
import { When } from "../../ui/When";
import { useSpeaking, useWords } from "../../words/words";
import { ChangePassword } from "./ChangePassword";
import { NewKit } from "./NewKit";

export function AccountPage() {
  const words = useWords().account;
  const account = useQuery(accountQuery);
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
          <Section title={words.passwordTitle}>
            <ChangePassword account={account.data} />
          </Section>
          <Section title={words.kitTitle}>
            <NewKit account={account.data} />
          </Section>
          <Section title={words.sessionTitle}>
            <EndSession />
          </Section>
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
          [mine.name, account.name],
          [mine.role, account.role === "admin" ? mine.roleAdmin : mine.roleUser],
          [mine.created, <When key="created" at={account.created} />],
          [mine.stored, account.quota_bytes > 0 ? mine.quota(stored, quota) : mine.noQuota(stored)],
        ]}
      />
    </Section>
  );
}

function EndSession() {
  const words = useWords();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const leave = useMutation({
    mutationFn: signOut,
    onSuccess: () => {
      setPerson(queries, null);
      navigate("/");
    },
  });
  return (
    <Stack gap="md" align="flex-start">
      <p>{words.account.sessionText}</p>
      {leave.isError && <FailureNotice error={leave.error} />}
      <Button variant="default" loading={leave.isPending} onClick={() => leave.mutate()}>
        {words.shell.signOut}
      </Button>
    </Stack>
  );
}
