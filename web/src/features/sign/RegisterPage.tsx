/** A new account: name and password, then the recovery kit, shown once and typed back in part. */

import { Anchor, Button, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { Link, useLocation, useSearchParams } from "wouter";

import { register, type Registered } from "../../api/actions";
import { setPerson } from "../../api/session";
import { NewPassword, type PasswordChoice } from "../../ui/NewPassword";
import { FailureNotice, Narrow, PageHead, Section } from "../../ui/Page";
import { KeepRecoveryKit } from "../../ui/RecoveryKit";
import { useWords } from "../../words/words";

export function RegisterPage() {
  const words = useWords();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [search] = useSearchParams();
  const [made, setMade] = useState<Registered | null>(null);
  const invitation = search.get("code") ?? "";

  if (made) {
    return (
      <Narrow wide>
        <PageHead title={words.kit.title} lead={words.kit.lead} />
        <Section>
          <KeepRecoveryKit
            kit={{ account: made.account.name, recoveryKey: made.recoveryKey }}
            onKept={() => {
              setPerson(queries, made.account);
              navigate("/", { replace: true });
            }}
          />
        </Section>
      </Narrow>
    );
  }
  return (
    <Narrow>
      <PageHead
        title={invitation ? words.register.adminTitle : words.register.title}
        lead={invitation ? words.register.adminLead : words.register.lead}
      />
      <Section>
        <RegisterForm invitation={invitation} onMade={setMade} />
      </Section>
      <Text ta="center" mt="md">
        {words.register.haveAccount}{" "}
        <Anchor component={Link} href="/sign-in">
          {words.sign.submit}
        </Anchor>
      </Text>
    </Narrow>
  );
}

interface FormProps {
  invitation: string;
  onMade: (made: Registered) => void;
}

function RegisterForm({ invitation, onMade }: FormProps) {
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
