/** The parts every page has: its head, sections, and what stands in place of content. */

import { Alert, Button, Skeleton, Stack } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { useEffect, type ReactNode } from "react";

import { Refusal, Unreachable } from "../api/client";
import { Failure } from "../lib/failures";
import { useWords } from "../words/words";
import type { Words } from "../words/en";
import styles from "./Page.module.css";

interface HeadProps {
  title: ReactNode;
  /** What the browser's tab says, where the title is more than text. */
  name?: string;
  lead?: ReactNode;
  actions?: ReactNode;
}

export function PageHead({ title, name, lead, actions }: HeadProps) {
  const words = useWords();
  const tab = name ?? (typeof title === "string" ? title : "");
  useEffect(() => {
    document.title = tab ? `${tab} – ${words.product}` : words.product;
  }, [tab, words.product]);
  return (
    <div className={styles.head}>
      <div className={styles.titles}>
        <h1 className={styles.title}>{title}</h1>
        {lead && <p className={styles.lead}>{lead}</p>}
      </div>
      {actions}
    </div>
  );
}

export function Narrow({ wide, children }: { wide?: boolean; children: ReactNode }) {
  return (
    <div className={styles.narrow} data-wide={wide}>
      {children}
    </div>
  );
}

export function Section({ title, children }: { title?: string; children: ReactNode }) {
  return (
    <section className={styles.section}>
      {title && <h2>{title}</h2>}
      {children}
    </section>
  );
}

interface EmptyProps {
  icon: ReactNode;
  title: string;
  text?: string;
  /** The page has no other heading. */
  alone?: boolean;
  children?: ReactNode;
}

export function Empty({ icon, title, text, alone, children }: EmptyProps) {
  const Heading = alone ? "h1" : "h2";
  return (
    <div className={styles.empty}>
      <div className={styles.emptyIcon} aria-hidden="true">
        {icon}
      </div>
      <Heading>{title}</Heading>
      {text && <p>{text}</p>}
      {children}
    </div>
  );
}

export function Waiting({ rows = 4 }: { rows?: number }) {
  const words = useWords();
  return (
    <Stack gap="sm" role="status" aria-label={words.shell.loading}>
      {Array.from({ length: rows }, (_, at) => (
        <Skeleton key={at} height={at === 0 ? 28 : 44} radius="md" />
      ))}
    </Stack>
  );
}

/** What went wrong, in words a person can act on. */
export function failureText(error: unknown, words: Words): string {
  const known = error instanceof Refusal || error instanceof Failure || error instanceof Unreachable;
  if (!known) return words.failure.own;
  return words.failure.codes[error.code] ?? words.failure.unknown(error.message);
}

export function FailureNotice({ error, retry }: { error: unknown; retry?: () => void }) {
  const words = useWords();
  return (
    <Alert color="red" icon={<IconAlertCircle />} title={words.failure.title} role="alert">
      <Stack gap="sm" align="flex-start">
        {failureText(error, words)}
        {retry && (
          <Button variant="default" size="xs" onClick={retry}>
            {words.failure.retry}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
