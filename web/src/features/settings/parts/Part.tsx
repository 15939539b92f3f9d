/** A part of the settings: its head, and what can be changed of it. */

import { IconLock } from "@tabler/icons-react";
import { useId, type ReactNode } from "react";

import { useWords } from "../../../words/words";
import styles from "../Settings.module.css";

export interface PartProps<Value> {
  value: Value;
  disabled: boolean;
  onChange: (value: Value) => void;
}

interface Props {
  title: string;
  lead: string;
  /** Somebody else decides it. */
  kept?: boolean;
  icon: ReactNode;
  children: ReactNode;
}

export function PartSection({ title, lead, kept = false, icon, children }: Props) {
  const words = useWords().settings;
  const id = useId();
  return (
    <section className={styles.part} aria-labelledby={id}>
      <header>
        <h2 id={id}>
          {icon}
          {title}
        </h2>
        <p>{lead}</p>
        {kept && (
          <p className={styles.kept}>
            <IconLock size={16} aria-hidden="true" />
            {words.keptByAdmin}
          </p>
        )}
      </header>
      <div className={styles.fields}>{children}</div>
    </section>
  );
}
