/** Download what is chosen, once the files are unlocked. */

import { useCallback } from "react";

import { useWords } from "../words/words";
import type { Words } from "../words/en";
import type { Selection } from "../vault/types";
import { vault, type DescribeProblems } from "../vault/vault";
import { codeText } from "./failures";
import { withOpenFiles } from "./keys";

/** Call what it gives from the person's click: the browser may ask where to save. */
export function useDownload(): (selection: Selection) => void {
  const words = useWords();
  return useCallback(
    (selection: Selection) =>
      withOpenFiles({
        label: words.restoring.actions.download,
        needsClick: true,
        go: () => void vault.download(selection, describedIn(words)),
      }),
    [words],
  );
}

/** The list of what is not in a ZIP, for whoever opens it later. */
function describedIn(words: Words): DescribeProblems {
  const texts = words.restoring.zipProblems;
  return (problems, count) => {
    const lines = problems.map(({ path, code }) => `${path}\n    ${codeText(code, words)}`);
    const more = count > problems.length ? [words.restoring.moreProblems(count - problems.length)] : [];
    return { name: texts.name, text: [texts.lead(count), "", ...lines, ...more, ""].join("\n") };
  };
}
