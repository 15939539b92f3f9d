/** One path that was found: its name, where it lies, and whether it is still there. */

import { ActionIcon } from "@mantine/core";
import { IconCircleCheck, IconClockX, IconHistory } from "@tabler/icons-react";
import { Link } from "wouter";

import type { SearchHit } from "../../../api/past";
import { fromBase64, toBase64Url } from "../../../lib/bytes";
import { relative, toDate } from "../../../lib/times";
import { Size } from "../../../ui/Quantity";
import { useNow, When } from "../../../ui/When";
import { useSpeaking } from "../../../words/words";
import { KindIcon } from "../folder/KindIcon";
import { Mark } from "../Mark";
import type { Place } from "../place";
import type { Travel } from "../travel";
import { nameAndFolder } from "../versions/paths";
import { marked } from "./marking";
import styles from "./Search.module.css";

interface Props {
  hit: SearchHit;
  wanted: string;
  travel: Travel;
}

export function Hit({ hit, wanted, travel }: Props) {
  const { words, locale } = useSpeaking();
  const now = useNow();
  const path = toBase64Url(fromBase64(hit.path_bytes));
  const isFolder = hit.kind === "folder";
  const lies = nameAndFolder(path).folder;
  const there: Partial<Place> = {
    sequence: hit.last_sequence,
    path: isFolder ? path : lies,
    file: isFolder ? null : path,
    view: "files",
    search: "",
  };
  const seen = relative(toDate(hit.last_received), now, locale, words.shell.justNow);
  return (
    <li className={styles.hit}>
      <KindIcon kind={hit.kind} />
      <div className={styles.what}>
        <Link href={travel.address(there)} aria-label={hit.path}>
          <bdi>
            {marked(hit.name, wanted).map((part, at) =>
              part.matched ? <mark key={at}>{part.text}</mark> : <span key={at}>{part.text}</span>,
            )}
          </bdi>
        </Link>
        <bdi className={styles.path}>{hit.path}</bdi>
      </div>
      <span className={styles.about}>
        <Size bytes={hit.size} /> <When at={hit.mtime} />
      </span>
      {hit.present ? (
        <Mark tone="ok" icon={IconCircleCheck}>
          {words.search.present}
        </Mark>
      ) : (
        <Mark tone="warn" icon={IconClockX} title={words.search.goneText}>
          {words.search.gone(seen)}
        </Mark>
      )}
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={words.browser.history(hit.name)}
        title={words.browser.history(hit.name)}
        onClick={() => travel.go({ file: path })}
      >
        <IconHistory size={17} />
      </ActionIcon>
    </li>
  );
}
