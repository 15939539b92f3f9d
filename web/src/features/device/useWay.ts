/** The way to the folder that is shown, at the chosen moment. */

import { useQuery } from "@tanstack/react-query";

import { rootsQuery } from "../../api/queries";
import { childPath, crumbs, type Crumb } from "../../lib/paths";
import { useWords } from "../../words/words";
import type { Travel } from "./travel";

export interface Way {
  path: string;
  steps: Crumb[];
}

/** `way` is null until the roots are known. */
export function useWay({ device, chosen, place }: Travel) {
  const words = useWords().browser;
  const roots = useQuery({
    ...rootsQuery(device.device, chosen.sequence),
    placeholderData: (before) => before,
  });
  const way = roots.data ? wayTo(place.path, roots.data.entries, words.roots) : null;
  return { way, error: roots.error, retry: () => void roots.refetch() };
}

interface Root {
  name_bytes: string;
  kind: string;
}

function wayTo(asked: string, roots: Root[], top: string): Way {
  const only = roots.length === 1 && roots[0]!.kind === "folder" ? roots[0]! : null;
  // Where one folder is backed up, a list of one folder would only be in the way.
  const path = asked === "" && only ? childPath("", only.name_bytes) : asked;
  const steps = crumbs(
    path,
    roots.map((root) => root.name_bytes),
  );
  return { path, steps: only ? steps : [{ text: top, path: "" }, ...steps] };
}
