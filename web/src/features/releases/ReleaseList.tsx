/** The releases that this server has. */

import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";

import type { Schemas } from "../../api/client";
import { brief, toDate } from "../../lib/times";
import { Records, type Column } from "../../ui/Records";
import { Badge } from "../../ui/State";
import { useSpeaking, useWords } from "../../words/words";
import styles from "./Releases.module.css";

type Release = Schemas["ReleaseInfo"];

export function ReleaseList({ releases }: { releases: Release[] }) {
  const words = useWords().releases;
  const columns = useColumns();
  if (releases.length === 0) return null;
  return (
    <section className={styles.panel}>
      <h2>{words.kept}</h2>
      <Records
        caption={words.kept}
        columns={columns}
        rows={releases}
        keyOf={(release) => release.version}
      />
    </section>
  );
}

function useColumns(): Column<Release>[] {
  const { words, locale } = useSpeaking();
  const { releases } = words;
  const day = (at: number) => (at ? brief(toDate(at), locale) : "");
  return [
    { title: words.admin.version, cell: (one) => <b className={styles.strong}>{one.version}</b> },
    { title: releases.state, cell: (one) => <Wholeness release={one} /> },
    { title: releases.machines, cell: (one) => one.targets.join(", ") },
    { title: releases.released, cell: (one) => day(one.released) },
    { title: releases.validUntil, cell: (one) => day(one.expires) },
    { title: releases.signed, cell: (one) => releases.signedWords[one.signed] },
  ];
}

function Wholeness({ release }: { release: Release }) {
  const words = useWords().releases;
  if (!release.problem) {
    return <Badge icon={IconCircleCheck} tone="ok" state="whole" text={words.whole} />;
  }
  return (
    <span className={styles.standing}>
      <Badge icon={IconAlertTriangle} tone="bad" state="broken" text={words.broken} />
      <small>
        <bdi>{release.problem}</bdi>
      </small>
    </span>
  );
}
