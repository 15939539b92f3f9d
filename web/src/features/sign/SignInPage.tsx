/** Sign in with the password, or with the recovery key when the password is lost. */

import { Alert, Anchor, Button, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { Link, Redirect, useSearchParams } from "wouter";

import { signIn } from "../../api/actions";
import type { Account } from "../../api/client";
import { door } from "../../api/door";
import { accountQuery, serverQuery } from "../../api/queries";
import { setPerson } from "../../api/session";
import { readKitCode } from "../../lib/recovery";
import { comingBack, nextPlace } from "../../lib/places";
import { FailureNotice, Narrow, PageHead, Section } from "../../ui/Page";
import { SecretInput } from "../../ui/SecretInput";
import { useWords } from "../../words/words";
import { NewPasswordAfterRecovery } from "./NewPasswordAfterRecovery";

interface Recovered {
  account: Account;
  recoveryKey: string;
}

export function SignInPage() {
  const words = useWords();
  const queries = useQueryClient();
  const account = useQuery(accountQuery);
  const [search] = useSearchParams();
  const [recovered, setRecovered] = useState<Recovered | null>(null);

  const enter = (found: Account) => setPerson(queries, found);

  if (account.data) return <Redirect to={nextPlace(search)} replace />;
  if (recovered) return <NewPasswordAfterRecovery {...recovered} onDone={enter} />;
  return (
    <Narrow>
      <PageHead title={words.sign.title} />
      {search.has("ended") && (
        <Alert color="yellow" mb="md">
          {words.shell.ended}
        </Alert>
      )}
      <Section>
        <SignInForm onPassword={enter} onRecovery={setRecovered} />
      </Section>
      <NoAccount next={search.get("next")} />
    </Narrow>
  );
}

interface FormProps {
  onPassword: (account: Account) => void;
  onRecovery: (recovered: Recovered) => void;
}

function SignInForm({ onPassword, onRecovery }: FormProps) {
  const words = useWords().sign;
  const [name, setName] = useState(door?.account ?? "");
  const [secret, setSecret] = useState("");
  const [byRecovery, setByRecovery] = useState(false);
  const attempt = useMutation({
    mutationFn: () =>
      signIn(name.trim(), byRecovery ? { recoveryKey: secret } : { password: secret }),
    onSuccess: (account) =>
      byRecovery ? onRecovery({ account, recoveryKey: secret }) : onPassword(account),
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    attempt.mutate();
  }

  function giveSecret(text: string) {
    const code = byRecovery ? readKitCode(text) : null; // the whole of a kit's QR code
    if (code !== null) setName(code.account);
    setSecret(code?.recoveryKey ?? text);
  }

  function turn() {
    setByRecovery(!byRecovery);
    setSecret("");
    attempt.reset();
  }

  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput
          label={words.name}
          required
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <SecretInput byRecovery={byRecovery} value={secret} onChange={giveSecret} />
        {attempt.isError && <FailureNotice error={attempt.error} />}
        <Button type="submit" loading={attempt.isPending} fullWidth>
          {words.submit}
        </Button>
        <Text size="sm" c="dimmed">
          {words.keysStay}
        </Text>
        <Anchor component="button" type="button" size="sm" ta="start" onClick={turn}>
          {byRecovery ? words.usePassword : words.useRecovery}
        </Anchor>
      </Stack>
    </form>
  );
}

function NoAccount({ next }: { next: string | null }) {
  const words = useWords().sign;
  const server = useQuery(serverQuery);
  if (!server.data?.may_register || door !== null) return null;
  return (
    <Text ta="center" mt="md">
      {words.noAccount}{" "}
      <Anchor component={Link} href={comingBack("/register", next)}>
        {words.register}
      </Anchor>
    </Text>
  );
}
