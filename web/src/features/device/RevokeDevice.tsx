/** Take a device's access away; says first what that does. */

import { Button, Group, Modal, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { revokeDevice } from "../../api/actions";
import type { Device } from "../../api/client";
import { serverAddress } from "../../api/door";
import { Command } from "../../ui/Copy";
import { FailureNotice } from "../../ui/Page";
import { useWords } from "../../words/words";

export function RevokeDevice({ device }: { device: Device }) {
  const words = useWords().device;
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const revoke = useMutation({
    mutationFn: () => revokeDevice(device.device),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["devices"] });
      setAsking(false);
    },
  });
  const [first, second, third] = words.revokeText;
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        {words.revoke}
      </Button>
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title={words.revokeTitle(device.name)}
        closeButtonProps={{ "aria-label": words.cancel }}
      >
        <Stack gap="md">
          <p>{first}</p>
          <p>{second}</p>
          <p>{third}</p>
          <Command
            text={`csb login ${serverAddress()} --account ${device.account} --take-over ${device.name}`}
            label="csb login"
          />
          {revoke.isError && <FailureNotice error={revoke.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setAsking(false)} data-autofocus>
              {words.cancel}
            </Button>
            <Button color="red" loading={revoke.isPending} onClick={() => revoke.mutate()}>
              {words.revokeConfirm}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
