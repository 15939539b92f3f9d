/** Name and password of a new account. */

import { Button, Stack, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { register, type Registered } from "../../api/actions";
import { NewPassword, type PasswordChoice } from "../../ui/NewPassword";
import { FailureNotice } from "../../ui/Page";
import { useWords } from "../../words/words";

interface FormProps {
  /** The one-time code that was given, or nothing. */
  invitation: string;
  onMade: (made: Registered) => void;
}

export function RegisterForm({ invitation, onMade }: FormProps) {
  const words = useWords();
  const [name, setName] = useState("");
  const [choice, setChoice] = useState<PasswordChoice>({ password: "", valid: false });
  const attempt = useMutation({
    mutationFn: () => register(name.trim(), choice.password, invitation),
    onSuccess: onMade,
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    attempt.mutate();
  }

  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput
          label={words.sign.name}
          description={words.register.nameHint}
          required
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <NewPassword label={words.password.choose} known={[name]} onChange={setChoice} />
        {attempt.isError && <FailureNotice error={attempt.error} />}
        <Button
          type="submit"
          fullWidth
          disabled={!choice.valid || name.trim() === ""}
          loading={attempt.isPending}
        >
          {words.register.submit}
        </Button>
      </Stack>
    </form>
  );
}
