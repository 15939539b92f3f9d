/** A small mark that says a state: icon, word and colour together. */

import type { IconCircleCheck } from "@tabler/icons-react";
import type { ReactNode } from "react";

import styles from "./Mark.module.css";

export type Tone = "ok" | "warn" | "bad" | "accent" | "idle";

interface Props {
  tone: Tone;
  icon: typeof IconCircleCheck;
  title?: string | undefined;
  children: ReactNode;
}

export function Mark({ tone, icon: Icon, title, children }: Props) {
  return (
    <span className={styles.mark} data-tone={tone} title={title}>
      <Icon size={14} stroke={2.2} aria-hidden="true" />
      <span>{children}</span>
    </span>
  );
}
