/** A new password for somebody who came in with the recovery key. */

import { Button, Group, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { changePassword } from "../../api/actions";
import type { Account } from "../../api/client";
import { NewPassword, type PasswordChoice } from "../../ui/NewPassword";
import { FailureNotice, Narrow, PageHead, Section } from "../../ui/Page";
import { useWords } from "../../words/words";

interface Props {
  account: Account;
  recoveryKey: string;
  onDone: (account: Account) => void;
}

export function NewPasswordAfterRecovery({ account, recoveryKey, onDone }: Props) {
  const words = useWords();
  const [choice, setChoice] = useState<PasswordChoice>({ password: "", valid: false });
  const change = useMutation({
    mutationFn: () => changePassword(account, { recoveryKey }, choice.password),
    onSuccess: onDone,
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    change.mutate();
  }

  return (
    <Narrow>
      <PageHead title={words.sign.newPasswordTitle} lead={words.sign.newPasswordLead} />
      <Section>
        <form onSubmit={submit}>
          <Stack gap="md">
            <NewPassword
              label={words.password.chooseNew}
              known={[account.name]}
              onChange={setChoice}
            />
            {change.isError && <FailureNotice error={change.error} />}
            <Group justify="space-between">
              <Button variant="subtle" onClick={() => onDone(account)}>
                {words.sign.later}
              </Button>
              <Button type="submit" disabled={!choice.valid} loading={change.isPending}>
                {words.account.passwordSubmit}
              </Button>
            </Group>
          </Stack>
        </form>
      </Section>
    </Narrow>
  );
}
