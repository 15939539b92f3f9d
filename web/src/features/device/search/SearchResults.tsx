/** What was found in all of a device's history; the answer comes page by page. */

import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconSearchOff } from "@tabler/icons-react";
import { useEffect } from "react";

import { searchQuery } from "../../../api/past";
import { Empty, FailureNotice, Waiting } from "../../../ui/Page";
import { useWords } from "../../../words/words";
import page from "../DevicePage.module.css";
import type { Travel } from "../travel";
import { Hit } from "./Hit";
import styles from "./Search.module.css";

/** A page of fewer ended early: the server's second was over, and there is more to look through. */
const FULL = 50;

export function SearchResults({ travel }: { travel: Travel }) {
  const words = useWords().search;
  const wanted = travel.place.search;
  const query = useInfiniteQuery(searchQuery(travel.device.device, wanted));
  const { fetchNextPage, hasNextPage, isFetchingNextPage, isError } = query;
  const hits = query.data?.pages.flatMap((one) => one.hits) ?? [];
  const isShort = (query.data?.pages.at(-1)?.hits.length ?? 0) < FULL;
  const goesOn = hasNextPage && !isError && isShort;
  useEffect(() => {
    if (goesOn && !isFetchingNextPage) void fetchNextPage();
  }, [goesOn, isFetchingNextPage, fetchNextPage]);
  const looking = query.isPending || goesOn;
  return (
    <section className={page.panel} aria-label={words.results} aria-busy={looking}>
      <p className={styles.told} role="status">
        {looking ? words.looking(hits.length) : words.found(hits.length, hasNextPage)}
      </p>
      {query.isPending && (
        <div className={styles.notice}>
          <Waiting rows={6} />
        </div>
      )}
      {isError && (
        <div className={styles.notice}>
          <FailureNotice error={query.error} retry={() => void query.refetch()} />
        </div>
      )}
      {!looking && !isError && hits.length === 0 && (
        <Empty icon={<IconSearchOff size={26} />} title={words.nothing} text={words.nothingText} />
      )}
      <ul className={styles.hits}>
        {hits.map((hit) => (
          <Hit key={hit.path_bytes} hit={hit} wanted={wanted} travel={travel} />
        ))}
      </ul>
      {hasNextPage && !looking && (
        <Button
          className={styles.more}
          variant="subtle"
          loading={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          {words.more}
        </Button>
      )}
    </section>
  );
}
