/** The device, what it becomes, and the password that agrees. */

import { Alert, Anchor, Button, NativeSelect, Radio, Stack, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useState, type FormEvent } from "react";

import { Refusal, type Account, type Device } from "../../api/client";
import { enrolDevice, handOver } from "../../api/enrolling";
import { devicesQuery } from "../../api/queries";
import { Command } from "../../ui/Copy";
import { FailureNotice } from "../../ui/Page";
import { Section } from "../../ui/Page";
import { SecretInput } from "../../ui/SecretInput";
import { useWords } from "../../words/words";
import type { Asked } from "./asked";
import { DeviceFacts } from "./DeviceFacts";
import styles from "./Enrol.module.css";

const LONGEST_NAME = 64;

interface Props {
  account: Account;
  asked: Asked;
  onMade: (bundle: string, name: string) => void;
  /** Look for another device; not where this one brought the person here. */
  onOther: (() => void) | undefined;
}

export function AgreeForm({ account, asked, onMade, onOther }: Props) {
  const words = useWords();
  const queries = useQueryClient();
  const [name, setName] = useState(asked.offer.name);
  const [password, setPassword] = useState("");
  const [replaced, setReplaced] = useState<Device | null>(null);
  const called = (replaced?.name ?? name).trim();
  const agree = useMutation({
    mutationFn: () => agreeTo(account, asked, called, password, replaced),
    gcTime: 0, // what was typed is not kept
    onSuccess: (bundle) => {
      void queries.invalidateQueries({ queryKey: ["devices"] });
      onMade(bundle, called);
    },
  });
  const taken = agree.error instanceof Refusal && agree.error.code === "name-taken";

  function submit(event: FormEvent) {
    event.preventDefault();
    agree.mutate();
  }

  return (
    <Section title={words.enrol.asks}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <DeviceFacts asked={asked} account={account} />
          <Becoming replaced={replaced} onChange={setReplaced} />
          {replaced === null && (
            <TextInput
              label={words.enrol.device}
              value={name}
              maxLength={LONGEST_NAME}
              required
              autoComplete="off"
              spellCheck={false}
              error={taken ? words.enrol.nameTaken : undefined}
              onChange={(event) => setName(event.currentTarget.value)}
            />
          )}
          <Alert color="yellow" icon={<IconAlertTriangle />}>
            {words.enrol.phishing}
          </Alert>
          <SecretInput byRecovery={false} value={password} onChange={setPassword} />
          <p className={styles.hint}>{words.enrol.password}</p>
          {agree.isError && !taken && <FailureNotice error={agree.error} />}
          <Button type="submit" fullWidth loading={agree.isPending} disabled={called === ""}>
            {words.enrol.agree}
          </Button>
          {onOther && (
            <Anchor component="button" type="button" size="sm" ta="start" onClick={onOther}>
              {words.enrol.another}
            </Anchor>
          )}
          <Trust account={account} />
        </Stack>
      </form>
    </Section>
  );
}

/** What goes to the device; where it waits at the server, it is there when this ends. */
async function agreeTo(
  account: Account,
  { document, offer, way }: Asked,
  name: string,
  password: string,
  replaced: Device | null,
): Promise<string> {
  const shared =
    way.by === "loopback" ? { secret: way.secret } : { code: way.code, proof: way.proof };
  const input = { account, secret: { password }, document, shared, name };
  const download = way.by === "loopback" ? way.download : "";
  const told = { os: offer.os, version: offer.client, download };
  const bundle = await enrolDevice(input, told, replaced);
  if (way.by === "server") await handOver(way.request, bundle);
  return bundle;
}

interface BecomingProps {
  replaced: Device | null;
  onChange: (device: Device | null) => void;
}

function Becoming({ replaced, onChange }: BecomingProps) {
  const words = useWords().enrol;
  const devices = useQuery(devicesQuery("own")).data ?? [];
  const kept = devices.filter((device) => device.revoked === null);
  if (kept.length === 0) return null;
  const choose = (id: string) => onChange(kept.find((one) => one.device === id) ?? null);
  return (
    <Stack gap="xs">
      <Radio.Group
        label={words.what}
        value={replaced === null ? "new" : "replaces"}
        onChange={(value) => onChange(value === "new" ? null : kept[0]!)}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="new" label={words.newDevice} />
          <Radio value="replaces" label={words.replaces} description={words.replacesHint} />
        </Stack>
      </Radio.Group>
      {replaced !== null && (
        <NativeSelect
          label={words.which}
          value={replaced.device}
          data={kept.map((one) => ({ value: one.device, label: one.name }))}
          onChange={(event) => choose(event.currentTarget.value)}
        />
      )}
    </Stack>
  );
}

function Trust({ account }: { account: Account }) {
  const words = useWords().enrol;
  const command = `csb login ${location.origin} --account ${quoted(account.name)}`;
  return (
    <details className={styles.trust}>
      <summary>{words.trustTitle}</summary>
      <p>{words.trust}</p>
      <Command text={command} label="csb login" />
    </details>
  );
}

/** As a shell takes it for one word. */
function quoted(name: string): string {
  return /^[\w.@-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}
