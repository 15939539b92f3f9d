/** For a device elsewhere: the code that it shows, typed here. This page never shows one. */

import { Button, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { findByCode, waitingQuery } from "../../api/enrolling";
import { Command } from "../../ui/Copy";
import { FailureNotice, Section } from "../../ui/Page";
import { useWords } from "../../words/words";
import { claimedName, readRequest, type Asked } from "./asked";

export function CodeForm({ onFound }: { onFound: (asked: Asked) => void }) {
  const words = useWords().enrol;
  const waiting = useQuery(waitingQuery).data ?? [];
  const [code, setCode] = useState("");
  const find = useMutation({
    mutationFn: async () => readRequest(await findByCode(code), code),
    onSuccess: onFound,
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    find.mutate();
  }

  return (
    <Section title={words.codeTitle}>
      <form onSubmit={submit}>
        <Stack gap="md">
          {waiting.map((one) => (
            <Text key={one.request} role="status">
              {words.waiting(claimedName(one))}
            </Text>
          ))}
          <TextInput
            label={words.codeLabel}
            description={words.codeHint}
            required
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            maxLength={24}
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
          {find.isError && <FailureNotice error={find.error} />}
          <Button type="submit" fullWidth loading={find.isPending}>
            {words.codeSubmit}
          </Button>
          <div>
            <Text size="sm" c="dimmed" mb="xs">
              {words.codeWhere}
            </Text>
            <Command text="csb setup --no-browser" label="csb setup" />
          </div>
        </Stack>
      </form>
    </Section>
  );
}
