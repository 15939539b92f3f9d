/** How much differs: of a folder the files below it, of a file its size. */

import type { ChangeEntry } from "../../../api/past";
import { Size } from "../../../ui/Quantity";
import { useWords } from "../../../words/words";
import { Gained } from "./Sums";

export function Inside({ entry }: { entry: ChangeEntry }) {
  const words = useWords().changes;
  return (
    <>
      <span>{words.files(entry.files_added + entry.files_changed + entry.files_removed)}</span>
      <Gained bytes={entry.bytes_added} sign="+" />
      <Gained bytes={entry.bytes_removed} sign="−" />
    </>
  );
}

export function Sizes({ entry }: { entry: ChangeEntry }) {
  if (entry.change === "added") return <Gained bytes={entry.size_after} sign="+" />;
  if (entry.change === "removed") return <Gained bytes={entry.size_before} sign="−" />;
  if (entry.size_before === entry.size_after) return <Size bytes={entry.size_after} />;
  return (
    <span>
      <Size bytes={entry.size_before} /> → <Size bytes={entry.size_after} />
    </span>
  );
}
