/** A passphrase of random words, on demand. */

import { Anchor, Button, Group, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";

import { useSpeaking } from "../words/words";
import styles from "./PassphraseIdea.module.css";

/** `onTake`: the person wants this one. */
export function PassphraseIdea({ onTake }: { onTake: (passphrase: string) => void }) {
  const { words, language } = useSpeaking();
  const idea = useMutation({
    mutationFn: async () => (await import("../lib/passphrase")).makePassphrase(language),
  });
  const mine = words.password;
  if (!idea.data) {
    return (
      <Anchor
        component="button"
        type="button"
        size="sm"
        ta="start"
        onClick={() => idea.mutate()}
      >
        {mine.suggest}
      </Anchor>
    );
  }
  return (
    <div className={styles.idea} role="group" aria-label={mine.suggestion}>
      <p className={styles.words} aria-live="polite" data-testid="passphrase">
        {idea.data.text}
      </p>
      <Text size="sm" c="dimmed">
        {mine.suggestionText(idea.data.text.split(" ").length, idea.data.bits)}
      </Text>
      <Group gap="xs" mt="xs">
        <Button variant="light" size="xs" onClick={() => onTake(idea.data.text)}>
          {mine.take}
        </Button>
        <Button variant="subtle" size="xs" onClick={() => idea.mutate()}>
          {mine.another}
        </Button>
      </Group>
    </div>
  );
}
