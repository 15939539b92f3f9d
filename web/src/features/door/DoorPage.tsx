/** The front door: what this is, how it begins, and the way in. */

import { Alert, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconLock, IconShieldCheck, IconStack2 } from "@tabler/icons-react";
import { Link } from "wouter";

import type { ServerInfo } from "../../api/client";
import { serverQuery } from "../../api/queries";
import { FailureNotice, PageHead, Section, Waiting } from "../../ui/Page";
import { useWords } from "../../words/words";
import styles from "./DoorPage.module.css";
import { GetClient } from "./GetClient";
import { STEP_PICTURES } from "./pictures";

const FACT_ICONS = [IconLock, IconStack2, IconShieldCheck];

export function DoorPage() {
  const words = useWords();
  const server = useQuery(serverQuery);
  return (
    <div className={styles.page}>
      <div className={styles.hero}>
        <PageHead name={words.product} title={words.door.title} lead={words.door.lead} />
        {server.data && <WayIn server={server.data} />}
        {server.isPending && <Waiting rows={1} />}
        {server.isError && (
          <FailureNotice error={server.error} retry={() => void server.refetch()} />
        )}
      </div>
      <ThreeSteps />
      {server.data && (
        <Section title={words.client.title}>
          <GetClient server={server.data} account={null} />
        </Section>
      )}
      <ul className={styles.facts}>
        {words.door.facts.map((fact, at) => {
          const Icon = FACT_ICONS[at]!;
          return (
            <li key={fact.title}>
              <Icon size={22} aria-hidden="true" />
              <h2>{fact.title}</h2>
              <p>{fact.text}</p>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function WayIn({ server }: { server: ServerInfo }) {
  const words = useWords().door;
  const why = {
    invite: words.closedInvite,
    local: words.closedLocal,
    open: words.closed,
    closed: words.closed,
  };
  return (
    <>
      {server.needs_admin && <Alert color="yellow">{words.noAdmin}</Alert>}
      <div className={styles.ways}>
        {server.may_register && (
          <Button component={Link} href="/register" size="md">
            {words.register}
          </Button>
        )}
        <Button
          component={Link}
          href="/sign-in"
          size="md"
          variant={server.may_register ? "default" : "filled"}
        >
          {words.signIn}
        </Button>
      </div>
      {!server.may_register && <p className={styles.closed}>{why[server.registration]}</p>}
    </>
  );
}

function ThreeSteps() {
  const words = useWords().door;
  return (
    <section aria-label={words.howTitle}>
      <ol className={styles.steps}>
        {words.steps.map((step, at) => {
          const Picture = STEP_PICTURES[at]!;
          return (
            <li key={step.title}>
              <Picture />
              <h2>
                <span>{at + 1}</span>
                {step.title}
              </h2>
              <p>{step.text}</p>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
