/** A new password for the same keys. */

import { Alert, Button, Group, PasswordInput, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { changePassword } from "../../api/actions";
import type { Account } from "../../api/client";
import { accountQuery } from "../../api/queries";
import { NewPassword, type PasswordChoice } from "../../ui/NewPassword";
import { FailureNotice } from "../../ui/Page";
import { useWords } from "../../words/words";

export function ChangePassword({ account }: { account: Account }) {
  const words = useWords();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [current, setCurrent] = useState("");
  const [choice, setChoice] = useState<PasswordChoice>({ password: "", valid: false });
  const change = useMutation({
    mutationFn: () => changePassword(account, { password: current }, choice.password),
    onSuccess: (changed) => {
      queries.setQueryData(accountQuery.queryKey, changed);
      setCurrent("");
      setOpen(false);
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    change.mutate();
  }

  if (!open) {
    return (
      <Stack gap="md" align="flex-start">
        <p>{words.account.passwordText}</p>
        {change.isSuccess && <Alert color="teal">{words.account.passwordDone}</Alert>}
        <Button variant="default" onClick={() => setOpen(true)}>
          {words.account.passwordSubmit}
        </Button>
      </Stack>
    );
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="md" maw="26rem">
        <PasswordInput
          label={words.account.passwordCurrent}
          required
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": words.sign.showPassword }}
        />
        <NewPassword
          label={words.password.chooseNew}
          known={[account.name]}
          onChange={setChoice}
        />
        {change.isError && <FailureNotice error={change.error} />}
        <Group>
          <Button type="submit" disabled={!choice.valid || !current} loading={change.isPending}>
            {words.account.passwordSubmit}
          </Button>
          <Button variant="default" onClick={() => setOpen(false)}>
            {words.account.cancel}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
