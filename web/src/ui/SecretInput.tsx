/** Where the password, or the recovery key in its place, is typed. */

import { PasswordInput, Textarea } from "@mantine/core";

import { useWords } from "../words/words";

interface Props {
  byRecovery: boolean;
  value: string;
  onChange: (value: string) => void;
  /** In a dialog: where it begins. */
  isFirst?: boolean;
}

export function SecretInput({ byRecovery, value, onChange, isFirst = false }: Props) {
  const words = useWords().sign;
  const first = isFirst ? { "data-autofocus": true } : {};
  if (byRecovery) {
    return (
      <Textarea
        key="recovery"
        {...first}
        label={words.recoveryKey}
        description={words.recoveryHint}
        required
        rows={2}
        autoComplete="off"
        spellCheck={false}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  return (
    <PasswordInput
      key="password"
      {...first}
      label={words.password}
      required
      autoComplete="current-password"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      visibilityToggleButtonProps={{ "aria-label": words.showPassword }}
    />
  );
}
