/** Take a device's access away; says first what that does. */

import { Button, Group, Modal, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { revokeDevice } from "../api/actions";
import type { Device } from "../api/client";
import { serverAddress } from "../api/door";
import { useWords } from "../words/words";
import { Command } from "./Copy";
import { FailureNotice } from "./Page";

interface Props {
  device: Device;
  /** Among others, where the button must say little. */
  brief?: boolean;
}

export function RevokeDevice({ device, brief = false }: Props) {
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
      <Button
        variant={brief ? "subtle" : "default"}
        size={brief ? "compact-sm" : "sm"}
        color={brief ? "red" : undefined}
        aria-label={brief ? `${words.revoke}: ${device.name}` : undefined}
        onClick={() => setAsking(true)}
      >
        {brief ? words.revokeConfirm : words.revoke}
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
