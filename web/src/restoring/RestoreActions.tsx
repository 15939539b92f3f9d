/** What can be done with chosen files: download them, or have a device put them back. */

import { Button } from "@mantine/core";
import { IconDeviceLaptop, IconDownload } from "@tabler/icons-react";
import { lazy, Suspense, useId, useState } from "react";

import { Count, Size } from "../ui/Quantity";
import { useWords } from "../words/words";
import type { Selection } from "../vault/types";
import { useDownload } from "./download";
import styles from "./RestoreActions.module.css";
import { totalsOf } from "./selections";

const OrderDialog = lazy(async () => ({ default: (await import("./OrderDialog")).OrderDialog }));

export function RestoreActions({ selection }: { selection: Selection }) {
  const words = useWords().restoring.actions;
  const download = useDownload();
  const [isOrdering, setOrdering] = useState(false);
  const said = useId();
  const isEmpty = selection.items.length === 0;
  return (
    <div className={styles.actions} role="group" aria-label={words.title}>
      {isEmpty && (
        <p id={said} className={styles.said}>
          {words.nothing}
        </p>
      )}
      <Button
        leftSection={<IconDownload size={18} aria-hidden="true" />}
        disabled={isEmpty}
        aria-describedby={isEmpty ? said : undefined}
        onClick={() => download(selection)}
      >
        {words.download}
        {!isEmpty && <HowMuch selection={selection} />}
      </Button>
      <Button
        variant="default"
        leftSection={<IconDeviceLaptop size={18} aria-hidden="true" />}
        disabled={isEmpty}
        aria-describedby={isEmpty ? said : undefined}
        onClick={() => setOrdering(true)}
      >
        {words.order}
      </Button>
      {isOrdering && (
        <Suspense>
          <OrderDialog selection={selection} onClose={() => setOrdering(false)} />
        </Suspense>
      )}
    </div>
  );
}

function HowMuch({ selection }: { selection: Selection }) {
  const words = useWords().restoring.actions;
  const { files, bytes } = totalsOf(selection);
  const isOneFile = selection.items.length === 1 && selection.items[0]!.kind !== "folder";
  return (
    <span className={styles.much}>
      {!isOneFile && (
        <>
          <Count count={files} /> {words.files(files)},{" "}
        </>
      )}
      <Size bytes={bytes} />
    </span>
  );
}
