/** The settings of one device: what waits, what others changed, the settings, and their history. */

import { Alert, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconAdjustments, IconArrowLeft, IconLock } from "@tabler/icons-react";
import { Link } from "wouter";

import type { Account, Device } from "../../api/client";
import { accountQuery, devicesQuery, type Scope } from "../../api/queries";
import { settingsQuery, type DeviceSettings } from "../../api/settings";
import { Empty, FailureNotice, PageHead, Section, Waiting } from "../../ui/Page";
import { Badge } from "../../ui/State";
import { When } from "../../ui/When";
import { useWords } from "../../words/words";
import { History, MARKS } from "./History";
import { Permission } from "./Permission";
import styles from "./Settings.module.css";
import { SettingsForm } from "./SettingsForm";
import { Unseen } from "./Unseen";

interface Props {
  scope: Scope;
  device: string;
}

export function SettingsPage({ scope, device }: Props) {
  const words = useWords();
  const devices = useQuery(devicesQuery(scope));
  const settings = useQuery(settingsQuery(device));
  const account = useQuery(accountQuery).data ?? null;
  if (devices.isPending || settings.isPending) return <Waiting />;
  if (devices.isError) return <FailureNotice error={devices.error} />;
  const found = devices.data.find((one) => one.device === device);
  if (!found || account === null) {
    return (
      <Section>
        <Empty icon={<IconAdjustments size={26} />} title={words.device.notFound} alone />
      </Section>
    );
  }
  if (settings.isLoadingError) return <FailureNotice error={settings.error} />;
  return <Page scope={scope} device={found} settings={settings.data!} account={account} />;
}

interface PageProps {
  scope: Scope;
  device: Device;
  settings: DeviceSettings;
  account: Account;
}

function Page({ scope, device, settings, account }: PageProps) {
  const words = useWords().settings;
  const isOwner = device.account === account.name;
  const root = scope === "all" ? "/admin" : "";
  return (
    <>
      <PageHead
        name={words.titleOf(device.name)}
        title={
          <>
            <bdi>{words.titleOf(device.name)}</bdi>
            <State state={settings.state} />
          </>
        }
        lead={words.lead}
        actions={
          <div className={styles.ends}>
            <Button component={Link} href={`${root}/templates`} variant="subtle">
              {words.templates.nav}
            </Button>
            <Button
              component={Link}
              href={`${root}/devices/${device.device}`}
              variant="default"
              leftSection={<IconArrowLeft size={17} />}
            >
              {words.back}
            </Button>
          </div>
        }
      />
      <div className={styles.page}>
        <Notices device={device} settings={settings} />
        {settings.unseen.map((event) => (
          <Unseen key={event.revision} device={device.device} event={event} isOwner={isOwner} />
        ))}
        {settings.expected === null ? (
          <Section>
            <Empty
              icon={<IconAdjustments size={26} />}
              title={words.untold}
              text={words.untoldText}
            />
          </Section>
        ) : (
          <SettingsForm
            key={settings.may_change.join()}
            {...{ device, settings, isOwner }}
            expected={settings.expected}
          />
        )}
        {account.role === "admin" && (
          <Permission key={settings.person_may.join()} settings={settings} />
        )}
        <History settings={settings} isOwner={isOwner} me={account.name} />
      </div>
    </>
  );
}

function State({ state }: { state: DeviceSettings["state"] }) {
  const words = useWords().settings.state;
  const [tone, icon] = MARKS[state];
  return <Badge icon={icon} tone={tone} state={state} text={words[state]} />;
}

function Notices({ device, settings }: { device: Device; settings: DeviceSettings }) {
  const words = useWords().settings;
  const { state, reason } = settings;
  const tells = { waiting: words.stateText.waiting, applied: words.stateText.applied };
  return (
    <div className={styles.notices}>
      {device.revoked !== null && <p>{words.revokedText}</p>}
      {(state === "waiting" || state === "applied") && (
        <p role="status">
          {tells[state]} {state === "applied" && <When at={settings.told_at} />}
        </p>
      )}
      {(state === "refused" || state === "failed") && (
        <Alert color="yellow" role="status">
          <bdi>{words.stateText[state](reason)}</bdi>
        </Alert>
      )}
      {settings.locked && (
        <Alert color="yellow" icon={<IconLock />}>
          {words.locked}
        </Alert>
      )}
      {settings.template_name !== "" && (
        <p>
          <bdi>{words.follows(settings.template_name)}</bdi>
        </p>
      )}
      {settings.may_change.length === 0 && device.revoked === null && <p>{words.readOnly}</p>}
    </div>
  );
}
