/** Another name for a device. */

import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { renameDevice } from "../../api/actions";
import { Refusal, type Device } from "../../api/client";
import { FailureNotice } from "../../ui/Page";
import { useWords } from "../../words/words";

const LONGEST_NAME = 64;

export function RenameDevice({ device }: { device: Device }) {
  const words = useWords().account;
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button
        variant="subtle"
        size="compact-sm"
        aria-label={`${words.rename}: ${device.name}`}
        onClick={() => setAsking(true)}
      >
        {words.rename}
      </Button>
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title={words.renameTitle}
        closeButtonProps={{ "aria-label": words.cancel }}
      >
        <RenameForm device={device} onDone={() => setAsking(false)} />
      </Modal>
    </>
  );
}

function RenameForm({ device, onDone }: { device: Device; onDone: () => void }) {
  const words = useWords().account;
  const queries = useQueryClient();
  const [name, setName] = useState(device.name);
  const rename = useMutation({
    mutationFn: () => renameDevice(device.device, name),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["devices"] });
      onDone();
    },
  });
  const code = rename.error instanceof Refusal ? rename.error.code : "";
  const wrong = { "name-taken": words.renameTaken, "bad-request": words.renameWrong }[code];

  function submit(event: FormEvent) {
    event.preventDefault();
    rename.mutate();
  }

  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <p>{words.renameText}</p>
        <TextInput
          label={words.renameName}
          value={name}
          maxLength={LONGEST_NAME}
          required
          autoComplete="off"
          spellCheck={false}
          data-autofocus
          error={wrong}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {rename.isError && !wrong && <FailureNotice error={rename.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            {words.cancel}
          </Button>
          <Button type="submit" loading={rename.isPending} disabled={name.trim() === ""}>
            {words.renameSubmit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
