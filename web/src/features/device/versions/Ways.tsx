/** From a version to its moment: the folder as it was then, and what changed then. */

import { Button } from "@mantine/core";
import { IconFileDiff, IconFolderSearch } from "@tabler/icons-react";

import type { FileVersion } from "../../../api/past";
import { useWords } from "../../../words/words";
import type { Place } from "../place";
import type { Travel } from "../travel";
import type { NameAndFolder } from "./paths";

interface Props {
  travel: Travel;
  path: string;
  version: FileVersion;
  place: NameAndFolder;
}

export function Ways({ travel, path, version, place }: Props) {
  const words = useWords().versions;
  const isFolder = version.kind === "folder" && version.change !== "removed";
  const then = { sequence: version.sequence, since: null, search: "" };
  const ways: [string, typeof IconFileDiff, Partial<Place>][] = [
    isFolder
      ? [words.showThis, IconFolderSearch, { ...then, view: "files", path }]
      : [words.showFolder, IconFolderSearch, { ...then, view: "files", path: place.folder }],
  ];
  if (isFolder) ways.push([words.showChanges, IconFileDiff, { ...then, view: "changes", path }]);
  return ways.map(([text, Icon, change]) => (
    <Button
      key={text}
      variant="subtle"
      size="compact-sm"
      leftSection={<Icon size={16} />}
      onClick={() => travel.go(change)}
    >
      {text}
    </Button>
  ));
}
