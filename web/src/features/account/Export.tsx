/** What the server knows about the account, as one file. */

import { Button, Stack } from "@mantine/core";
import { IconFileDownload } from "@tabler/icons-react";

import { useWords } from "../../words/words";

export function Export() {
  const words = useWords().account;
  return (
    <Stack gap="md" align="flex-start">
      <p>{words.exportText}</p>
      <Button
        component="a"
        href="/api/v1/account/export"
        download="account-export.json"
        variant="default"
        leftSection={<IconFileDownload size={18} aria-hidden="true" />}
      >
        {words.exportSubmit}
      </Button>
    </Stack>
  );
}
