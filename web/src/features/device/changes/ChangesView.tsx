/** What changed between two moments, folder by folder. */

import { NativeSelect } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconArrowRight, IconEqual } from "@tabler/icons-react";

import type { SnapshotInfo } from "../../../api/client";
import { changesQuery } from "../../../api/past";
import { brief, toDate } from "../../../lib/times";
import { Empty, FailureNotice, Waiting } from "../../../ui/Page";
import { useSpeaking, useWords } from "../../../words/words";
import page from "../DevicePage.module.css";
import { Crumbs } from "../folder/Crumbs";
import type { Travel } from "../travel";
import { useWay, type Way } from "../useWay";
import styles from "./Changes.module.css";
import { ChangeTree } from "./ChangeTree";
import { earlierChoices } from "./earlier";
import { Sums } from "./Sums";

interface Props {
  travel: Travel;
  /** What the moment is compared with; null for the first of all. */
  since: SnapshotInfo | null;
}

export function ChangesView({ travel, since }: Props) {
  const words = useWords().changes;
  const { way, error, retry } = useWay(travel);
  return (
    <section className={page.panel} aria-label={words.title}>
      {since === null ? (
        <Empty icon={<IconEqual size={26} />} title={words.first} text={words.firstText} />
      ) : (
        <>
          <Compared travel={travel} since={since} />
          {way && <Found travel={travel} since={since} way={way} />}
          {!way && !error && <Pending />}
          {error && <FailureNotice error={error} retry={retry} />}
        </>
      )}
    </section>
  );
}

interface BetweenProps {
  travel: Travel;
  since: SnapshotInfo;
}

function Compared({ travel, since }: BetweenProps) {
  const { words, locale } = useSpeaking();
  const { moments, chosen, go } = travel;
  const choices = earlierChoices(moments, chosen);
  const isListed = choices.some(({ moment }) => moment === since);
  const name = (one: SnapshotInfo) => `${one.sequence}, ${brief(toDate(one.received), locale)}`;
  return (
    <header className={styles.head}>
      <NativeSelect
        label={words.changes.since}
        value={since.sequence}
        onChange={(event) => go({ since: Number(event.currentTarget.value) })}
      >
        {!isListed && <option value={since.sequence}>{name(since)}</option>}
        {choices.map(({ moment, kind }) => (
          <option key={kind} value={moment.sequence}>
            {words.changes.choices[kind]} ({name(moment)})
          </option>
        ))}
      </NativeSelect>
      <IconArrowRight size={18} aria-hidden="true" />
      <p>
        <span>{words.changes.until}</span>
        <b>{name(chosen)}</b>
      </p>
    </header>
  );
}

function Found({ travel, since, way }: BetweenProps & { way: Way }) {
  const words = useWords().changes;
  const { device, chosen, address } = travel;
  const [from, to] = inOrder(since.sequence, chosen.sequence);
  const query = useInfiniteQuery(changesQuery(device.device, from, to, way.path));
  const all = query.data?.pages[0];
  return (
    <>
      <div className={styles.way}>
        <Crumbs way={way.steps} addressOf={(path) => address({ path })} />
      </div>
      {query.isPending && <Pending />}
      {query.isError && (
        <div className={styles.notice}>
          <FailureNotice error={query.error} retry={() => void query.refetch()} />
        </div>
      )}
      {all?.total === 0 && (
        <Empty icon={<IconEqual size={26} />} title={words.same} text={words.sameText} />
      )}
      {all && all.total > 0 && (
        <>
          <Sums counted={all} />
          {!all.exact && <p className={styles.rough}>{words.rough}</p>}
          <ChangeTree key={way.path} {...{ travel, from, to }} path={way.path} isTop />
        </>
      )}
    </>
  );
}

function Pending() {
  return (
    <div className={styles.notice}>
      <Waiting rows={6} />
    </div>
  );
}

function inOrder(one: number, other: number): [from: number, to: number] {
  return one < other ? [one, other] : [other, one];
}
