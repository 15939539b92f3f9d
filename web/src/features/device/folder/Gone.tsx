/** The folder is not in this snapshot: say so, and lead to the nearest one that has it. */

import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconFolderOff } from "@tabler/icons-react";

import { versionsQuery } from "../../../api/past";
import { Empty } from "../../../ui/Page";
import { When } from "../../../ui/When";
import { useWords } from "../../../words/words";
import { nearestWith } from "./nearestWith";

interface Props {
  device: string;
  path: string;
  sequence: number;
  onGo: (sequence: number) => void;
}

export function Gone({ device, path, sequence, onGo }: Props) {
  const words = useWords().browser;
  const versions = useInfiniteQuery(versionsQuery(device, path));
  const known = versions.data?.pages.flatMap((page) => page.versions) ?? [];
  const near = nearestWith(known, sequence);
  return (
    <Empty
      icon={<IconFolderOff size={26} />}
      title={words.goneTitle}
      text={near === null && !versions.isPending ? words.goneText : words.goneNear}
    >
      {near && (
        <Button variant="light" onClick={() => onGo(near.sequence)}>
          {words.goTo(near.sequence)}, <When at={near.received} />
        </Button>
      )}
    </Empty>
  );
}
