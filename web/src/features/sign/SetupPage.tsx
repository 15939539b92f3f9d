/** From a one-time link to an admin: what this server is, the account, the kit, and what comes next. */

import { Button, Stack } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { IconLinkOff } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { Link, useSearchParams } from "wouter";

import type { Registered } from "../../api/actions";
import type { ServerInfo } from "../../api/client";
import { serverQuery } from "../../api/queries";
import { setPerson } from "../../api/session";
import { Command } from "../../ui/Copy";
import { Facts } from "../../ui/Facts";
import { Empty, FailureNotice, Narrow, PageHead, Section, Waiting } from "../../ui/Page";
import { KeepRecoveryKit } from "../../ui/RecoveryKit";
import { useWords } from "../../words/words";
import { RegisterForm } from "./RegisterForm";
import styles from "./SetupPage.module.css";

type Step = "welcome" | "account" | "kit" | "next";
const STEPS: Step[] = ["welcome", "account", "kit", "next"];

export function SetupPage() {
  const words = useWords().setup;
  const server = useQuery(serverQuery);
  const [search] = useSearchParams();
  const code = search.get("code") ?? "";
  if (server.isPending) return <Waiting />;
  if (server.isError) {
    return <FailureNotice error={server.error} retry={() => void server.refetch()} />;
  }
  if (code === "") {
    return (
      <Narrow wide>
        <PageHead title={words.title} />
        <Section>
          <Empty icon={<IconLinkOff size={26} />} title={words.noCode} text={words.noCodeText} />
        </Section>
      </Narrow>
    );
  }
  return <Wizard server={server.data} code={code} />;
}

function Wizard({ server, code }: { server: ServerInfo; code: string }) {
  const words = useWords().setup;
  const queries = useQueryClient();
  const [step, setStep] = useState<Step>("welcome");
  const [first] = useState(server.needs_admin); // for as long as this page is open
  const [made, setMade] = useState<Registered | null>(null);

  const contents: Record<Step, ReactNode> = {
    welcome: <Welcome server={server} onGoOn={() => setStep("account")} />,
    account: (
      <RegisterForm
        invitation={code}
        onMade={(registered) => {
          setMade(registered);
          setStep("kit");
        }}
      />
    ),
    kit: made && (
      <KeepRecoveryKit
        kit={{ account: made.account.name, recoveryKey: made.recoveryKey }}
        onKept={() => {
          setPerson(queries, made.account);
          void queries.invalidateQueries({ queryKey: serverQuery.queryKey });
          setStep("next");
        }}
      />
    ),
    next: <Next server={server} />,
  };
  return (
    <Narrow wide>
      <PageHead title={words.title} lead={first ? words.lead : words.leadAnother} />
      <Progress step={step} />
      <Section>{contents[step]}</Section>
    </Narrow>
  );
}

function Progress({ step }: { step: Step }) {
  const words = useWords().setup;
  const reached = STEPS.indexOf(step);
  return (
    <ol className={styles.progress} aria-label={words.progress}>
      {STEPS.map((one, at) => (
        <li key={one} aria-current={at === reached ? "step" : undefined} data-done={at < reached}>
          <span aria-hidden="true">{at + 1}</span>
          {words.steps[one]}
        </li>
      ))}
    </ol>
  );
}

function Welcome({ server, onGoOn }: { server: ServerInfo; onGoOn: () => void }) {
  const words = useWords().setup;
  return (
    <Stack gap="md">
      <p>{words.welcomeText}</p>
      <Facts
        facts={[
          [words.serverName, <bdi key="name">{server.name}</bdi>],
          [words.address, server.url],
        ]}
      />
      <div>
        <h2>{words.pinTitle}</h2>
        <p>{words.pinText}</p>
      </div>
      <Command text="csb-server pin" label="csb-server pin" />
      <Command text={server.pin} label={words.pinLabel} />
      <Button onClick={onGoOn} className={styles.goOn}>
        {words.goOn}
      </Button>
    </Stack>
  );
}

function Next({ server }: { server: ServerInfo }) {
  const words = useWords().setup;
  return (
    <Stack gap="md">
      <div>
        <h2>{words.whoTitle}</h2>
        <p>{words.who[server.registration]}</p>
      </div>
      <p>{words.whoChange}</p>
      <Command text={`registration = "${server.registration}"`} label={words.whoTitle} />
      <div>
        <h2>{words.nextTitle}</h2>
        <p>{words.nextText}</p>
      </div>
      <div className={styles.ways}>
        <Button component={Link} href="/add-device">
          {words.addDevice}
        </Button>
        <Button component={Link} href="/admin/server" variant="default">
          {words.toServer}
        </Button>
        <Button component={Link} href="/" variant="subtle">
          {words.toDevices}
        </Button>
      </div>
    </Stack>
  );
}
