/** How to get the client onto this machine, or another one. */

import { Alert, SegmentedControl, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import type { ServerInfo } from "../../api/client";
import { offerQuery } from "../../api/queries";
import { detectMachine, readMachine, SYSTEMS, type Machine, type System } from "../../lib/platform";
import { FailureNotice, Waiting } from "../../ui/Page";
import { useWords } from "../../words/words";
import styles from "./GetClient.module.css";
import { NoRelease } from "./NoRelease";
import { PythonWay } from "./PythonWay";
import { ReleaseWay } from "./ReleaseWay";
import { targetsIn } from "./targets";
import { Trust } from "./Trust";

const NAMES: Record<System, string> = { linux: "Linux", macos: "macOS", windows: "Windows" };

interface Props {
  server: ServerInfo;
  /** The account that is signed in, when one is. */
  account: string | null;
}

export function GetClient({ server, account }: Props) {
  const { client: words, getting } = useWords();
  const machine = useMachine();
  const offer = useQuery(offerQuery);
  const [chosen, setChosen] = useState<System | null>(null);
  const system = chosen ?? machine.system;
  if (offer.isPending) return <Waiting rows={2} />;
  if (offer.isError) return <FailureNotice error={offer.error} retry={() => void offer.refetch()} />;
  const isReady = system === "linux" && targetsIn(offer.data).length > 0;
  return (
    <Stack gap="lg">
      {machine.handheld && <Alert color="yellow">{words.handheld}</Alert>}
      <div className={styles.system}>
        <SegmentedControl
          aria-label={words.system}
          value={system}
          onChange={(value) => setChosen(value as System)}
          data={SYSTEMS.map((one) => ({ value: one, label: NAMES[one] }))}
        />
        <Text size="sm" c="dimmed">
          {system === machine.system && !machine.handheld && <Detected machine={machine} />}
          {isReady && getting.version(offer.data.version)}
        </Text>
      </div>
      {isReady && <ReleaseWay offer={offer.data} machine={machine} account={account} />}
      {!isReady && system === "linux" && <NoRelease />}
      {!isReady && system !== "linux" && <Text size="sm">{getting.notYet(NAMES[system])}</Text>}
      {isReady ? (
        <details className={styles.trust}>
          <summary>{getting.withPython}</summary>
          <PythonWay system={system} server={server} account={account} />
        </details>
      ) : (
        <PythonWay system={system} server={server} account={account} />
      )}
      <Trust server={server} />
    </Stack>
  );
}

/** What the browser says at once; a moment later what it says when asked. */
function useMachine(): Machine {
  const [machine, setMachine] = useState(() => readMachine(navigator.userAgent));
  useEffect(() => {
    let wanted = true;
    void detectMachine().then((found) => {
      if (wanted) setMachine(found);
    });
    return () => {
      wanted = false;
    };
  }, []);
  return machine;
}

function Detected({ machine: { system, architecture } }: { machine: Machine }) {
  const words = useWords().client;
  const kind = architecture === null ? "" : `, ${words.architectures[architecture]}`;
  return (
    <span className={styles.detected}>
      {words.detected}: {NAMES[system]}
      {kind}.{" "}
    </span>
  );
}
