/** From the first devices to all of them; says first what that does. */

import { Button, Group, Modal, Stack } from "@mantine/core";

import type { ReleaseOverview } from "../../api/client";
import { FailureNotice } from "../../ui/Page";
import { useWords } from "../../words/words";
import { useSetRollout } from "./setting";
import { isConcerned, runs } from "./standings";

interface Props {
  version: string;
  overview: ReleaseOverview;
  close: () => void;
}

export function GiveToAll({ version, overview, close }: Props) {
  const words = useWords().releases;
  const change = useSetRollout(close);
  const others = overview.devices.filter(
    (one) => isConcerned(one) && !runs(one) && one.standing !== "went-back",
  );
  return (
    <Modal
      opened
      onClose={close}
      title={words.allTitle(version)}
      closeButtonProps={{ "aria-label": words.cancel }}
    >
      <Stack gap="md">
        <p>{words.allText(others.length)}</p>
        <p>{words.how}</p>
        {change.isError && <FailureNotice error={change.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            {words.cancel}
          </Button>
          <Button
            loading={change.isPending}
            onClick={() => change.mutate({ version, stage: "all" })}
          >
            {words.all}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
