/** The recovery kit: shown, printed, saved, and two groups of it typed back. */

import { Alert, Button, Group, Stack, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconDownload, IconPrinter } from "@tabler/icons-react";
import { useEffect, useState, type FormEvent } from "react";

import { serverAddress } from "../api/door";
import { plainLetters } from "../lib/recovery";
import { brief } from "../lib/times";
import type { Words } from "../words/en";
import { useSpeaking } from "../words/words";
import styles from "./RecoveryKit.module.css";

interface Kit {
  account: string;
  recoveryKey: string;
}

/** Show the kit, then ask for two groups of it; `onKept` once they are right. */
export function KeepRecoveryKit({ kit, onKept }: { kit: Kit; onKept: () => void }) {
  const [checking, setChecking] = useState(false);
  useLeaveWarning();
  return checking ? (
    <KitCheck kit={kit} onBack={() => setChecking(false)} onKept={onKept} />
  ) : (
    <KitSheet kit={kit} onGoOn={() => setChecking(true)} />
  );
}

function KitSheet({ kit, onGoOn }: { kit: Kit; onGoOn: () => void }) {
  const { words, locale } = useSpeaking();
  const [made] = useState(() => new Date());
  const groups = kit.recoveryKey.split("-");
  return (
    <Stack gap="md">
      <Alert color="yellow" icon={<IconAlertTriangle />}>
        {words.kit.warning}
      </Alert>
      <div className={styles.kit} data-print>
        <p className={styles.paperTitle}>
          {words.product}: {words.kit.title}
        </p>
        <dl className={styles.meta}>
          <dt>{words.kit.account}</dt>
          <dd>{kit.account}</dd>
          <dt>{words.kit.server}</dt>
          <dd>{serverAddress()}</dd>
          <dt>{words.kit.made}</dt>
          <dd>{brief(made, locale)}</dd>
        </dl>
        <h2 className={styles.keyTitle}>{words.kit.key}</h2>
        <ol className={styles.groups} data-testid="recovery-key">
          {groups.map((group, at) => (
            <li key={at} data-group={group}>
              <span>{at < 8 ? at + 1 : words.kit.checkGroup}</span>
              {group}
            </li>
          ))}
        </ol>
        <p className={styles.onPaper}>{words.kit.warning}</p>
        <p className={styles.onPaper}>{words.kit.fileHow}</p>
      </div>
      <p>{words.kit.keepHint}</p>
      <Group>
        <Button variant="default" leftSection={<IconPrinter size={17} />} onClick={() => print()}>
          {words.kit.print}
        </Button>
        <Button
          variant="default"
          leftSection={<IconDownload size={17} />}
          onClick={() => saveText(words.kit.fileName(kit.account), kitText(kit, made, words, locale))}
        >
          {words.kit.save}
        </Button>
        <Button ml="auto" onClick={onGoOn}>
          {words.kit.goOn}
        </Button>
      </Group>
    </Stack>
  );
}

interface CheckProps {
  kit: Kit;
  onBack: () => void;
  onKept: () => void;
}

function KitCheck({ kit, onBack, onKept }: CheckProps) {
  const words = useSpeaking().words.kit;
  const [asked] = useState(twoGroups);
  const [typed, setTyped] = useState(["", ""]);
  const [wrong, setWrong] = useState("");

  function check(event: FormEvent) {
    event.preventDefault();
    const groups = kit.recoveryKey.split("-");
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

function kitText(kit: Kit, made: Date, words: Words, locale: string): string {
  const lines = [
    `${words.product}: ${words.kit.title}`,
    "",
    `${words.kit.account}: ${kit.account}`,
    `${words.kit.server}: ${serverAddress()}`,
    `${words.kit.made}: ${brief(made, locale)}`,
    "",
    `${words.kit.key}:`,
    kit.recoveryKey,
    "",
    words.kit.warning,
    words.kit.fileHow,
    "",
  ];
  return lines.join("\n");
}

function saveText(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Closing the tab now would lose the key for good: the browser asks first. */
function useLeaveWarning(): void {
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, []);
}
