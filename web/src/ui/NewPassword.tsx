/** A new password, typed twice, with an honest word about its strength. */

import { PasswordInput, Progress, Stack, Text } from "@mantine/core";
import { useDeferredValue, useEffect, useState } from "react";

import { useWords } from "../words/words";
import { PassphraseIdea } from "./PassphraseIdea";

const SHORTEST = 10;
const WEAKEST = 2; // of 0 to 4
const COLOURS = ["red", "red", "yellow", "teal", "teal"];

export interface PasswordChoice {
  password: string;
  /** Long enough, strong enough, and typed the same twice. */
  valid: boolean;
}

interface Props {
  label: string;
  /** Words an attacker would try first, like the account's name. */
  known: string[];
  /** The same function on every drawing, such as a state's setter. */
  onChange: (choice: PasswordChoice) => void;
}

export function NewPassword({ label, known, onChange }: Props) {
  const words = useWords();
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const strength = useStrength(password, known);

  const strong = strength === null || strength >= WEAKEST;
  const valid = password.length >= SHORTEST && strong && password === again;
  useEffect(() => onChange({ password, valid }), [password, valid, onChange]);

  return (
    <Stack gap="sm">
      <PasswordInput
        label={label}
        required
        autoComplete="new-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        visibilityToggleButtonProps={{ "aria-label": words.sign.showPassword }}
      />
      <Strength password={password} level={strength} />
      <PassphraseIdea onTake={setPassword} />
      <PasswordInput
        label={words.password.again}
        required
        autoComplete="new-password"
        value={again}
        error={again && again !== password ? words.password.differ : null}
        onChange={(event) => setAgain(event.currentTarget.value)}
        visibilityToggleButtonProps={{ "aria-label": words.sign.showPassword }}
      />
    </Stack>
  );
}

function Strength({ password, level }: { password: string; level: number | null }) {
  const words = useWords().password;
  if (password === "") {
    return (
      <Text size="sm" c="dimmed">
        {words.hint}
      </Text>
    );
  }
  const short = password.length < SHORTEST;
  const shown = short ? 0 : (level ?? 0);
  const advice = short ? words.tooShort : level !== null && level < WEAKEST ? words.tooWeak : "";
  return (
    <div aria-live="polite">
      <Progress
        value={(shown + 1) * 20}
        color={COLOURS[shown]!}
        size="sm"
        aria-label={words.strength}
      />
      <Text size="sm" c="dimmed" mt={4}>
        {level === null && !short ? words.strength : words.levels[shown]}
        {advice && `. ${advice}`}
      </Text>
    </div>
  );
}

/** 0 to 4, or null while the estimator is on its way (it is long, so it is fetched when needed). */
function useStrength(password: string, known: string[]): number | null {
  const [estimate, setEstimate] = useState<Estimate | null>(null);
  const started = password !== "";
  useEffect(() => {
    if (!started) return;
    let wanted = true;
    void import("../lib/strength").then(({ estimateStrength }) => {
      if (wanted) setEstimate(() => estimateStrength);
    });
    return () => {
      wanted = false;
    };
  }, [started]);
  const settled = useDeferredValue(password);
  return estimate === null ? null : estimate(settled, known);
}

type Estimate = (password: string, known: string[]) => number;
