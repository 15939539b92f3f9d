/** The way for machines that no ready-made client is made for: with the machine's own Python. */

import { Anchor, Stack, Text } from "@mantine/core";

import type { ServerInfo } from "../../api/client";
import { door, serverAddress } from "../../api/door";
import type { System } from "../../lib/platform";
import { Command } from "../../ui/Copy";
import { useWords } from "../../words/words";
import { commandsFor } from "./commands";
import styles from "./GetClient.module.css";

interface Props {
  system: System;
  server: ServerInfo;
  account: string | null;
}

export function PythonWay({ system, server, account }: Props) {
  const words = useWords().client;
  const person = { name: account ?? words.yourName, exists: account !== null };
  const commands = commandsFor(system, server, serverAddress(), person);
  const steps = [
    { title: words.steps.install, text: commands.install },
    { title: person.exists ? words.steps.login : words.steps.register, text: commands.enrol },
    { title: words.steps.start, text: commands.start },
  ];
  return (
    <Stack gap="lg">
      <Text size="sm" c="dimmed">
        {words.shellHint[system]}. {words.pythonNeeded}
      </Text>
      <ol className={styles.steps}>
        {steps.map((step) => (
          <li key={step.title}>
            <h3>{step.title}</h3>
            <Command text={step.text} label={step.title} />
          </li>
        ))}
      </ol>
      <details className={styles.trust}>
        <summary>{words.wheel}</summary>
        <Stack gap="sm" mt="sm">
          {door === null && (
            <p>
              <Anchor href={server.client_wheel}>
                {server.client_wheel.split("/").at(-1)}
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
    </Stack>
  );
}
