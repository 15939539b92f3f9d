/** One file, opened whole and checked, to be looked at in the page. */

import { Failure } from "../failures";
import { safeType } from "../media";
import { apiBase } from "./job";
import type { Choice } from "./messages";
import { shown } from "./names";
import type { Opener } from "./opener";
import { PlainOutput } from "./outputs";
import { Server } from "./server";
import { BlobSink } from "./sinks";
import { walk } from "./walk";
import { fetchedAhead, windows } from "./windows";
import { Writer } from "./writing";

const SILENT = { wrote: () => undefined, passed: () => undefined };

/** Its type is one of a fixed list, in which nothing runs. */
export async function preview(opener: Opener, choice: Choice, limit: number): Promise<Blob> {
  const server = new Server(apiBase(), {
    signal: new AbortController().signal,
    onWaiting: () => undefined,
    onStuck: (failure) => Promise.reject(failure),
  });
  const { chosen, nodes, chunks, hash } = await opener.open(choice, server);
  const [file] = chosen;
  if (chosen.length !== 1 || file!.entry.kind !== "file") {
    throw new Failure("not-a-file", "It is not one file.");
  }
  if (file!.entry.size > limit) throw new Failure("too-large", "It is too large to look at.");
  const output = new PlainOutput(new BlobSink(safeType(shown(file!.path))));
  const fetch = chunks.fetch.bind(chunks);
  const tally = {
    ...SILENT,
    lament: (_path: string, code: Failure["code"]) => {
      throw new Failure(code, "The file cannot be opened.");
    },
  };
  const writer = new Writer(output, tally, fetch);
  const coming = windows(walk(nodes, chosen, hash), nodes);
  for await (const [window, fetched] of fetchedAhead(coming, fetch, () => Promise.resolve())) {
    await writer.carryOut(window, fetched);
  }
  return (await output.finish())!;
}
