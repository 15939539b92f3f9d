/** The way to a folder, each step a link. */

import { Link } from "wouter";

import type { Crumb } from "../../../lib/paths";
import { useWords } from "../../../words/words";
import styles from "./Folder.module.css";

interface Props {
  way: Crumb[];
  addressOf: (folder: string) => string;
}

export function Crumbs({ way, addressOf }: Props) {
  const words = useWords().browser;
  return (
    <nav aria-label={words.way}>
      <ol className={styles.crumbs}>
        {way.map((step, at) => (
          <li key={step.path}>
            {at === way.length - 1 ? (
              <span aria-current="page">
                <bdi>{step.text}</bdi>
              </span>
            ) : (
              <Link href={addressOf(step.path)}>
                <bdi>{step.text}</bdi>
              </Link>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
