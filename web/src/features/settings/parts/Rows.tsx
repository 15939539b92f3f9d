/** A list of short texts that can be taken away, and a field to add one. */

import { ActionIcon, Button, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";

import styles from "../Settings.module.css";

interface RowsProps {
  label: string;
  texts: string[];
  none: string;
  disabled: boolean;
  icon: ReactNode;
  removeLabel: (text: string) => string;
  onRemove: (at: number) => void;
}

export function Rows({ label, texts, none, disabled, icon, removeLabel, onRemove }: RowsProps) {
  if (texts.length === 0) return <p className={styles.none}>{none}</p>;
  return (
    <ul className={styles.rows} aria-label={label}>
      {texts.map((text, at) => (
        <li key={text}>
          {icon}
          <bdi className={styles.code}>{text}</bdi>
          {!disabled && (
            <ActionIcon
              variant="subtle"
              color="gray"
              size="md"
              aria-label={removeLabel(text)}
              onClick={() => onRemove(at)}
            >
              <IconX size={16} />
            </ActionIcon>
          )}
        </li>
      ))}
    </ul>
  );
}

interface AddProps {
  label: string;
  hint: string;
  submit: string;
  /** Why it cannot be added; null when it can. */
  trouble: (text: string) => string | null;
  onAdd: (text: string) => void;
  children?: ReactNode;
}

export function AddRow({ label, hint, submit, trouble, onAdd, children }: AddProps) {
  const [text, setText] = useState("");
  const [error, setError] = useState<string | null>(null);

  function add() {
    const found = trouble(text);
    setError(found);
    if (found !== null) return;
    onAdd(text);
    setText("");
  }

  return (
    <div className={styles.add}>
      <TextInput
        className={styles.grow}
        label={label}
        description={hint}
        value={text}
        error={error}
        autoCapitalize="none"
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setError(null);
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          if (text.trim() !== "") add();
        }}
      />
      <div className={styles.addButtons}>
        <Button variant="default" disabled={text.trim() === ""} onClick={add}>
          {submit}
        </Button>
        {children}
      </div>
    </div>
  );
}
