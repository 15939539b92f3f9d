/** What stands where the server has no client to hand out yet; an admin sees how to add one. */

import { Alert, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconPackageOff } from "@tabler/icons-react";

import { accountQuery } from "../../api/queries";
import { Command } from "../../ui/Copy";
import { useWords } from "../../words/words";

export function NoRelease() {
  const words = useWords().getting;
  const account = useQuery(accountQuery);
  const isAdmin = account.data?.role === "admin";
  return (
    <Alert color="yellow" icon={<IconPackageOff />} title={words.noneTitle}>
      <Stack gap="sm">
        {isAdmin ? words.noneAdmin : words.none}
        {isAdmin && (
          <>
            <Command text="csb-server releases fetch --url https://…" label={words.fetch} />
            <Command text="csb-server releases add csb-release.tar" label={words.add} />
          </>
        )}
      </Stack>
    </Alert>
  );
}
