/** The end of an account: says what goes and when, and asks for proof and for the name. */

import { Alert, Anchor, Button, Group, Modal, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useState, type FormEvent } from "react";

import { askDeletion } from "../../api/actions";
import type { Account, Schemas } from "../../api/client";
import { accountQuery, deletionQuery } from "../../api/queries";
import { formatBytes, formatCount } from "../../lib/quantities";
import { FailureNotice, Waiting } from "../../ui/Page";
import { useSpeaking, useWords } from "../../words/words";
import styles from "./Account.module.css";

export function DeleteAccount({ account }: { account: Account }) {
  const words = useWords().account;
  const [asking, setAsking] = useState(false);
  return (
    <Stack gap="md" align="flex-start">
      <p>{words.deleteText}</p>
      <Button color="red" variant="outline" onClick={() => setAsking(true)}>
        {words.deleteOpen}
      </Button>
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title={words.deleteAsk}
        closeButtonProps={{ "aria-label": words.cancel }}
        size="lg"
      >
        <Plan account={account} onClose={() => setAsking(false)} />
      </Modal>
    </Stack>
  );
}

function Plan({ account, onClose }: { account: Account; onClose: () => void }) {
  const words = useWords().account;
  const plan = useQuery(deletionQuery);
  if (plan.isPending) return <Waiting rows={3} />;
  if (plan.isError) {
    return <FailureNotice error={plan.error} retry={() => void plan.refetch()} />;
  }
  if (plan.data.last_admin) {
    return (
      <Stack gap="md">
        <Alert color="yellow" icon={<IconAlertTriangle />}>
          {words.deleteLastAdmin}
        </Alert>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {words.cancel}
          </Button>
        </Group>
      </Stack>
    );
  }
  return (
    <Stack gap="md">
      <WhatGoes plan={plan.data} />
      <Confirm account={account} onClose={onClose} />
    </Stack>
  );
}

function WhatGoes({ plan }: { plan: Schemas["Deletion"] }) {
  const { words, locale } = useSpeaking();
  const mine = words.account;
  return (
    <>
      <p>{mine.deleteGoes}</p>
      <ul className={styles.goes}>
        <li>{mine.deleteDevices(plan.devices)}</li>
        <li>{mine.deleteSnapshots(plan.snapshots, formatCount(plan.snapshots, locale))}</li>
        <li>{mine.deleteStored(formatBytes(plan.stored_bytes, locale))}</li>
        <li>{mine.deleteRest}</li>
      </ul>
      <Alert color="yellow" icon={<IconAlertTriangle />} role="note">
        {mine.deleteWhen(plan.days)}
      </Alert>
    </>
  );
}

function Confirm({ account, onClose }: { account: Account; onClose: () => void }) {
  const words = useWords();
  const mine = words.account;
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [secret, setSecret] = useState("");
  const [byRecovery, setByRecovery] = useState(false);
  const remove = useMutation({
    mutationFn: () =>
      askDeletion(account, byRecovery ? { recoveryKey: secret } : { password: secret }, name),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: accountQuery.queryKey });
      scrollTo({ top: 0 }); // there it says when, and how to keep it
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    remove.mutate();
  }

  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput
          label={mine.deleteName(account.name)}
          value={name}
          required
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <PasswordInput
          label={byRecovery ? words.sign.recoveryKey : mine.passwordCurrent}
          value={secret}
          required
          autoComplete={byRecovery ? "off" : "current-password"}
          onChange={(event) => setSecret(event.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": words.sign.showPassword }}
        />
        <Anchor
          component="button"
          type="button"
          size="sm"
          ta="start"
          onClick={() => setByRecovery(!byRecovery)}
        >
          {byRecovery ? words.sign.usePassword : words.sign.useRecovery}
        </Anchor>
        {remove.isError && <FailureNotice error={remove.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {mine.cancel}
          </Button>
          <Button
            type="submit"
            color="red"
            loading={remove.isPending}
            disabled={name.trim() !== account.name || secret === ""}
          >
            {mine.deleteSubmit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
