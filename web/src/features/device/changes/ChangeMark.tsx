/** A kind of change: icon, word and colour. */

import {
  IconCirclePlus,
  IconFolderSearch,
  IconPencil,
  IconTag,
  IconTrash,
  type IconCircleCheck,
} from "@tabler/icons-react";

import type { ChangeEntry, FileVersion } from "../../../api/past";
import { useWords } from "../../../words/words";
import { Mark, type Tone } from "../Mark";

export type ChangeKind = ChangeEntry["change"] | FileVersion["change"];

/** Of a folder that differs, what counts for people is what is in it, not its own times. */
export function shownChange(entry: ChangeEntry): ChangeKind {
  const below = entry.files_added + entry.files_removed + entry.files_changed;
  return entry.change === "metadata" && below > 0 ? "inside" : entry.change;
}

const LOOKS: Record<ChangeKind, [Tone, typeof IconCircleCheck]> = {
  added: ["ok", IconCirclePlus],
  removed: ["bad", IconTrash],
  changed: ["accent", IconPencil],
  metadata: ["idle", IconTag],
  inside: ["idle", IconFolderSearch],
};

export function ChangeMark({ change }: { change: ChangeKind }) {
  const words = useWords().changes;
  const [tone, icon] = LOOKS[change];
  return (
    <Mark tone={tone} icon={icon} title={words.about[change]}>
      {words.kinds[change]}
    </Mark>
  );
}
