/** How to get the client onto this machine, or another one. */

import { Alert, Anchor, SegmentedControl, Stack, Text } from "@mantine/core";
import { useEffect, useState } from "react";

import type { ServerInfo } from "../../api/client";
import { door, serverAddress } from "../../api/door";
import { detectMachine, readMachine, SYSTEMS, type Machine, type System } from "../../lib/platform";
import { Command } from "../../ui/Copy";
import { useWords } from "../../words/words";
import { commandsFor } from "./commands";
import styles from "./GetClient.module.css";

const NAMES: Record<System, string> = { linux: "Linux", macos: "macOS", windows: "Windows" };

interface Props {
  server: ServerInfo;
  /** The account that is signed in, when one is. */
  account: string | null;
}

export function GetClient({ server, account }: Props) {
  const words = useWords().client;
  const machine = useMachine();
  const [chosen, setChosen] = useState<System | null>(null);
  const system = chosen ?? machine.system;
  if (server.client_wheel === "") return <Text c="dimmed">{words.noWheel}</Text>;
  const person = { name: account ?? words.yourName, exists: account !== null };
  const commands = commandsFor(system, server, serverAddress(), person);
  const steps = [
    { title: words.steps.install, text: commands.install },
    { title: person.exists ? words.steps.login : words.steps.register, text: commands.enrol },
    { title: words.steps.start, text: commands.start },
  ];
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
          {words.shellHint[system]}. {words.pythonNeeded}
        </Text>
      </div>
      <ol className={styles.steps}>
        {steps.map((step) => (
          <li key={step.title}>
            <h3>{step.title}</h3>
            <Command text={step.text} label={step.title} />
          </li>
        ))}
      </ol>
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

function Trust({ server }: { server: ServerInfo }) {
  const words = useWords().client;
  return (
    <details className={styles.trust}>
      <summary>{words.verify}</summary>
      <Stack gap="sm" mt="sm">
        <p>{words.verifyText}</p>
        <Command text="csb-server pin" label="csb-server pin" />
        <div>
          <Text size="sm" c="dimmed">
            {words.pin}
          </Text>
          <Command text={server.pin} label={words.pin} />
        </div>
        <p>{words.browserText}</p>
        {door === null && (
          <p>
            <Anchor href={server.client_wheel} download>
              {words.wheel}
            </Anchor>
          </p>
        )}
        <div>
          <Text size="sm" c="dimmed">
            {words.wheelHash}
          </Text>
          <Command text={server.client_wheel_sha256} label={words.wheelHash} />
        </div>
      </Stack>
    </details>
  );
}
