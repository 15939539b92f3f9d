/** The page's shape while its snapshots are on their way, as tall as what comes. */

import { Skeleton } from "@mantine/core";

import { useWords } from "../../words/words";

export function Pending() {
  const words = useWords().shell;
  return (
    <div role="status" aria-label={words.loading}>
      <Skeleton height={290} radius="lg" mb={20} />
      <Skeleton height={40} width="60%" radius="md" mb={20} />
      <Skeleton height={420} radius="lg" />
    </div>
  );
}
