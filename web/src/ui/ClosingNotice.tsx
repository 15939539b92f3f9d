/** On every page of an account that waits to be deleted: when, and how to keep it. */

import { Alert, Button, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconTrash } from "@tabler/icons-react";

import { takeBackDeletion } from "../api/actions";
import type { Account } from "../api/client";
import { accountQuery } from "../api/queries";
import { brief, toDate } from "../lib/times";
import { useSpeaking } from "../words/words";
import { FailureNotice } from "./Page";

export function ClosingNotice({ account }: { account: Account }) {
  const { words, locale } = useSpeaking();
  const queries = useQueryClient();
  const keep = useMutation({
    mutationFn: takeBackDeletion,
    onSuccess: (kept) => queries.setQueryData(accountQuery.queryKey, kept),
  });
  const due = account.closing ?? null;
  if (due === null) return null;
  const mine = words.account;
  return (
    <Alert color="red" icon={<IconTrash />} title={mine.closingTitle} mb="lg" role="alert">
      <Stack gap="sm" align="flex-start">
        <p>{mine.closingText(brief(toDate(due), locale))}</p>
        {keep.isError && <FailureNotice error={keep.error} />}
        <Button variant="default" loading={keep.isPending} onClick={() => keep.mutate()}>
          {mine.closingKeep}
        </Button>
      </Stack>
    </Alert>
  );
}
