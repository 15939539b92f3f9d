/** The recovery kit: shown, printed, saved, and two groups of it typed back. */

import { Alert, Button, Group, Stack } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { IconAlertTriangle, IconFileTypePdf, IconPrinter } from "@tabler/icons-react";
import { useEffect, useState } from "react";

import { serverAddress } from "../api/door";
import { serverQuery } from "../api/queries";
import { kitCode } from "../lib/recovery";
import { brief } from "../lib/times";
import { useSpeaking } from "../words/words";
import { kitFacts, kitPdf, kitText, saveFile, type Kit } from "./kitFiles";
import { FailureNotice, Waiting } from "./Page";
import { QrCode } from "./QrCode";
import styles from "./RecoveryKit.module.css";
import { RecoveryKitCheck } from "./RecoveryKitCheck";

interface Props {
  kit: Pick<Kit, "account" | "recoveryKey">;
  onKept: () => void;
}

/** Show the kit, then ask for two groups of it; `onKept` once they are right. */
export function KeepRecoveryKit({ kit, onKept }: Props) {
  const { locale } = useSpeaking();
  const [made] = useState(() => new Date());
  const [checking, setChecking] = useState(false);
  const server = useQuery(serverQuery);
  useLeaveWarning();
  if (checking) {
    return (
      <RecoveryKitCheck
        recoveryKey={kit.recoveryKey}
        onBack={() => setChecking(false)}
        onKept={onKept}
      />
    );
  }
  if (server.isPending) return <Waiting />; // a kit without the pin would be kept for years
  const whole: Kit = {
    ...kit,
    server: serverAddress(),
    pin: server.data?.pin ?? "",
    made: brief(made, locale),
  };
  return <KitSheet kit={whole} onGoOn={() => setChecking(true)} />;
}

function KitSheet({ kit, onGoOn }: { kit: Kit; onGoOn: () => void }) {
  const words = useSpeaking().words.kit;
  return (
    <Stack gap="md">
      <Alert color="yellow" icon={<IconAlertTriangle />}>
        {words.warning}
      </Alert>
      <KitPaper kit={kit} />
      <p>{words.keepHint}</p>
      <KitWays kit={kit} />
      <Group justify="flex-end">
        <Button onClick={onGoOn}>{words.goOn}</Button>
      </Group>
    </Stack>
  );
}

/** What is printed: on the screen a card, on paper the whole page. */
function KitPaper({ kit }: { kit: Kit }) {
  const { words } = useSpeaking();
  const groups = kit.recoveryKey.split("-");
  return (
    <div className={styles.kit} data-print>
      <p className={styles.paperTitle}>
        {words.product}: {words.kit.title}
      </p>
      <dl className={styles.meta}>
        {kitFacts(kit, words).map(([name, value]) => (
          <div key={name} className={styles.fact} data-paper={name === words.kit.pin}>
            <dt>{name}</dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      <h2 className={styles.keyTitle}>{words.kit.key}</h2>
      <div className={styles.secret}>
        <ol className={styles.groups} data-testid="recovery-key">
          {groups.map((group, at) => (
            <li key={at} data-group={group}>
              <span>{at < groups.length - 1 ? at + 1 : words.kit.checkGroup}</span>
              {group}
            </li>
          ))}
        </ol>
        <QrCode text={kitCode(kit)} label={words.kit.codeLabel} />
      </div>
      <div className={styles.onPaper}>
        <p>{words.kit.warning}</p>
        <h2>{words.kit.howTitle}</h2>
        <ul>
          {words.kit.how.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        <p>{words.kit.codeHolds}</p>
      </div>
    </div>
  );
}

function KitWays({ kit }: { kit: Kit }) {
  const { words } = useSpeaking();
  const save = useMutation({
    mutationFn: () => kitPdf(kit, words),
    onSuccess: (file) => saveFile(words.kit.fileName(kit.account, "pdf"), file),
  });
  return (
    <>
      {save.isError && <FailureNotice error={save.error} />}
      <Group gap="sm">
        <Button
          variant="light"
          leftSection={<IconFileTypePdf size={18} aria-hidden="true" />}
          loading={save.isPending}
          onClick={() => save.mutate()}
        >
          {words.kit.savePdf}
        </Button>
        <Button
          variant="light"
          leftSection={<IconPrinter size={18} aria-hidden="true" />}
          onClick={() => print()}
        >
          {words.kit.print}
        </Button>
        <Button
          variant="subtle"
          onClick={() => saveFile(words.kit.fileName(kit.account, "txt"), kitText(kit, words))}
        >
          {words.kit.save}
        </Button>
      </Group>
    </>
  );
}

/** Closing the tab now would lose the key for good: the browser asks first. */
function useLeaveWarning(): void {
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, []);
}
