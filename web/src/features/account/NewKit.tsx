/** A new recovery kit in place of the old one. */

import { Alert, Button, Group, PasswordInput, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { changeRecovery, type Registered } from "../../api/actions";
import type { Account } from "../../api/client";
import { accountQuery } from "../../api/queries";
import { FailureNotice } from "../../ui/Page";
import { KeepRecoveryKit } from "../../ui/RecoveryKit";
import { useWords } from "../../words/words";

type Phase = "closed" | "asking" | "kept";

export function NewKit({ account }: { account: Account }) {
  const words = useWords();
  const queries = useQueryClient();
  const [phase, setPhase] = useState<Phase>("closed");
  const [made, setMade] = useState<Registered | null>(null);

  if (made) {
    return (
      <KeepRecoveryKit
        kit={{ account: account.name, recoveryKey: made.recoveryKey }}
        onKept={() => {
          queries.setQueryData(accountQuery.queryKey, made.account);
          setMade(null);
          setPhase("kept");
        }}
      />
    );
  }
  if (phase === "asking") {
    return <AskPassword account={account} onMade={setMade} onCancel={() => setPhase("closed")} />;
  }
  return (
    <Stack gap="md" align="flex-start">
      <p>{words.account.kitText}</p>
      {phase === "kept" && <Alert color="teal">{words.account.kitDone}</Alert>}
      <Button variant="default" onClick={() => setPhase("asking")}>
        {words.account.kitSubmit}
      </Button>
    </Stack>
  );
}

interface AskProps {
  account: Account;
  onMade: (made: Registered) => void;
  onCancel: () => void;
}

function AskPassword({ account, onMade, onCancel }: AskProps) {
  const words = useWords();
  const [password, setPassword] = useState("");
  const make = useMutation({
    mutationFn: () => changeRecovery(account, { password }),
    onSuccess: onMade,
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    make.mutate();
  }

  return (
    <form onSubmit={submit}>
      <Stack gap="md" maw="26rem">
        <PasswordInput
          label={words.account.passwordCurrent}
          required
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": words.sign.showPassword }}
        />
        {make.isError && <FailureNotice error={make.error} />}
        <Group>
          <Button type="submit" disabled={!password} loading={make.isPending}>
            {words.account.kitSubmit}
          </Button>
          <Button variant="default" onClick={onCancel}>
            {words.account.cancel}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
