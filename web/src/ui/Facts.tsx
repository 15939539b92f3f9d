/** A few facts about one thing, each with its name. */

import type { ReactNode } from "react";

import styles from "./Facts.module.css";

export type Fact = [name: string, value: ReactNode];

export function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Id({ children }: { children: string }) {
  return <span className={styles.id}>{children}</span>;
}
