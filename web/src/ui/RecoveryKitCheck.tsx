/** Two groups of the recovery kit, typed back: so it is in somebody's hands. */

import { Alert, Button, Group, Stack, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";

import { plainLetters } from "../lib/recovery";
import { useWords } from "../words/words";

interface Props {
  recoveryKey: string;
  onBack: () => void;
  onKept: () => void;
}

export function RecoveryKitCheck({ recoveryKey, onBack, onKept }: Props) {
  const words = useWords().kit;
  const [asked] = useState(twoGroups);
  const [typed, setTyped] = useState(["", ""]);
  const [wrong, setWrong] = useState("");

  function check(event: FormEvent) {
    event.preventDefault();
    const groups = recoveryKey.split("-");
    const missed = asked.filter((number, at) => plainLetters(typed[at]!) !== groups[number - 1]);
    setWrong(missed.join(", "));
    if (missed.length === 0) onKept();
  }

  return (
    <form onSubmit={check}>
      <Stack gap="md">
        <h2>{words.checkTitle}</h2>
        <p>{words.checkLead}</p>
        <Group grow align="flex-start">
          {asked.map((number, at) => (
            <TextInput
              key={number}
              label={words.group(number)}
              value={typed[at]}
              maxLength={6}
              autoComplete="off"
              autoCapitalize="characters"
              spellCheck={false}
              data-autofocus={at === 0 || undefined}
              onChange={(event) => setTyped(typed.with(at, event.currentTarget.value))}
            />
          ))}
        </Group>
        {wrong && (
          <Alert color="red" role="alert">
            {words.checkWrong(wrong)}
          </Alert>
        )}
        <Group justify="space-between">
          <Button variant="subtle" onClick={onBack}>
            {words.showAgain}
          </Button>
          <Button type="submit">{words.checkSubmit}</Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Two different numbers from 1 to 8, in order. */
function twoGroups(): number[] {
  const [one, other] = crypto.getRandomValues(new Uint8Array(2));
  const first = one! % 8;
  const second = (first + 1 + (other! % 7)) % 8;
  return [first + 1, second + 1].toSorted((a, b) => a - b);
}
