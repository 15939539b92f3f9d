/** What a run could not do, by class, each with what a person can do about it. */

import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";

import type { Schemas } from "../../../api/client";
import { reportQuery } from "../../../api/past";
import { formatShare } from "../../../lib/quantities";
import { Empty, FailureNotice, Waiting } from "../../../ui/Page";
import { useSpeaking, useWords } from "../../../words/words";
import page from "../DevicePage.module.css";
import { Mark } from "../Mark";
import type { Travel } from "../travel";
import styles from "./Problems.module.css";

type Line = Schemas["ReportEntry"];

export function ProblemsView({ travel }: { travel: Travel }) {
  const { words, locale } = useSpeaking();
  const { chosen, device } = travel;
  const query = useInfiniteQuery(reportQuery(device.device, chosen.sequence));
  const lines = query.data?.pages.flatMap((one) => one.lines) ?? [];
  const classes = [...chosen.problems].toSorted((one, other) => other.count - one.count);
  if (classes.length === 0) {
    return (
      <section className={page.panel} aria-label={words.problems.title}>
        <Empty
          icon={<IconCircleCheck size={26} />}
          title={words.problems.none}
          text={words.problems.noneText}
        />
      </section>
    );
  }
  return (
    <section className={page.panel} aria-label={words.problems.title}>
      <p className={styles.coverage}>
        {words.problems.coverage(formatShare(chosen.coverage, locale))}
      </p>
      {query.isError && (
        <div className={styles.notice}>
          <FailureNotice error={query.error} retry={() => void query.refetch()} />
        </div>
      )}
      {classes.map(({ problem, count }) => (
        <ProblemClass
          key={problem}
          problem={problem}
          count={count}
          lines={lines.filter((one) => one.problem === problem)}
        />
      ))}
      {query.isPending && (
        <div className={styles.notice}>
          <Waiting rows={3} />
        </div>
      )}
      {query.hasNextPage && (
        <Button
          className={styles.more}
          variant="subtle"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {words.problems.more(query.data!.pages[0]!.total - lines.length)}
        </Button>
      )}
    </section>
  );
}

interface ClassProps {
  problem: string;
  count: number;
  lines: Line[];
}

function ProblemClass({ problem, count, lines }: ClassProps) {
  const words = useWords();
  const { title, advice } = words.problems.classes[problem] ?? words.problems.unknown;
  return (
    <article className={styles.class}>
      <h3>
        <Mark tone="warn" icon={IconAlertTriangle}>
          {title}
        </Mark>
        <span>{words.device.problems(count)}</span>
      </h3>
      <p className={styles.advice}>{advice}</p>
      <ul>
        {lines.map((line, at) => (
          <li key={`${line.path_bytes} ${at}`}>
            <bdi>{line.path}</bdi>
            <span>{line.message}</span>
          </li>
        ))}
      </ul>
    </article>
  );
}
