/** Asks for the password, or the recovery key, and goes on with what was wished for. */

import { Alert, Anchor, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { IconAlertCircle, IconLock, IconLockOpen2, IconShieldLock } from "@tabler/icons-react";
import { useState, type FormEvent } from "react";

import type { Account } from "../api/client";
import type { Secret } from "../lib/unlocking";
import { DoorNote } from "../ui/DoorNote";
import { SecretInput } from "../ui/SecretInput";
import { useWords } from "../words/words";
import { vault } from "../vault/vault";
import { FailureText } from "./failures";
import { endWish, useIsOpen, useWhyLocked, useWish, type Wish } from "./keys";
import styles from "./Unlocking.module.css";

export function UnlockDialog({ account }: { account: Account }) {
  const words = useWords().restoring;
  const wish = useWish();
  const isOpen = useIsOpen();
  const close = () => {
    endWish();
    if (!isOpen) wish?.giveUp?.();
  };
  return (
    <Modal
      opened={wish !== null}
      onClose={close}
      title={isOpen ? words.unlock.doneTitle : words.unlock.title}
      closeButtonProps={{ "aria-label": words.cancel }}
      zIndex={300}
    >
      {wish && !isOpen && <UnlockForm account={account} wish={wish} onCancel={close} />}
      {wish && isOpen && <GoOn wish={wish} />}
    </Modal>
  );
}

interface FormProps {
  account: Account;
  wish: Wish;
  onCancel: () => void;
}

function UnlockForm({ account, wish, onCancel }: FormProps) {
  const words = useWords().restoring;
  const why = useWhyLocked();
  const [secret, setSecret] = useState("");
  const [byRecovery, setByRecovery] = useState(false);
  const attempt = useMutation({
    mutationFn: (given: Secret) => vault.unlock(account, given),
    gcTime: 0, // what was typed is not kept
    onSuccess: () => {
      if (!wish.needsClick || mayStillAskWhereTo()) grant(wish);
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    attempt.mutate(byRecovery ? { recoveryKey: secret } : { password: secret });
  }

  function turn() {
    setByRecovery(!byRecovery);
    setSecret("");
    attempt.reset();
  }

  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <p className={styles.why}>
          <IconShieldLock size={22} aria-hidden="true" />
          {words.unlock.why}
        </p>
        {why && <Alert color="yellow" icon={<IconLock />}>{words.lock.reasons[why]}</Alert>}
        <SecretInput byRecovery={byRecovery} value={secret} onChange={setSecret} isFirst />
        {attempt.isError && (
          <Alert color="red" icon={<IconAlertCircle />} role="alert">
            <FailureText error={attempt.error} />
          </Alert>
        )}
        <Group justify="space-between">
          <Anchor component="button" type="button" size="sm" ta="left" onClick={turn}>
            {byRecovery ? words.unlock.usePassword : words.unlock.useRecovery}
          </Anchor>
          <Group gap="sm" ml="auto">
            <Button variant="default" onClick={onCancel}>
              {words.cancel}
            </Button>
            <Button type="submit" loading={attempt.isPending}>
              {words.unlock.submit}
            </Button>
          </Group>
        </Group>
        <DoorNote />
      </Stack>
    </form>
  );
}

/** A browser lets a page ask where to save only while the person's click is fresh. */
function mayStillAskWhereTo(): boolean {
  return navigator.userActivation?.isActive ?? false;
}

function grant(wish: Wish): void {
  endWish();
  wish.go();
}

function GoOn({ wish }: { wish: Wish }) {
  const words = useWords().restoring.unlock;
  return (
    <Stack gap="md">
      <Text>{words.doneText}</Text>
      <Group justify="flex-end">
        <Button
          data-autofocus
          leftSection={<IconLockOpen2 size={18} aria-hidden="true" />}
          onClick={() => grant(wish)}
        >
          {wish.label}
        </Button>
      </Group>
    </Stack>
  );
}
