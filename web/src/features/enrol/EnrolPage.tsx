/** Where a person agrees that a device backs up to their account. */

import { Button, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconClockOff, IconLinkOff, IconServerOff } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { Link, useLocation, useSearchParams } from "wouter";

import type { Account } from "../../api/client";
import { serverQuery } from "../../api/queries";
import { comingBack } from "../../lib/places";
import { Command } from "../../ui/Copy";
import { Empty, FailureNotice, Narrow, PageHead, Section, Waiting } from "../../ui/Page";
import { useNow } from "../../ui/When";
import { useWords } from "../../words/words";
import { AgreeForm } from "./AgreeForm";
import { readAddress, type Asked } from "./asked";
import { CodeForm } from "./CodeForm";
import { DeviceFacts } from "./DeviceFacts";
import { Done } from "./Done";

export function EnrolPage({ account }: { account: Account | null }) {
  const words = useWords().enrol;
  const [search] = useSearchParams();
  const [found, setFound] = useState<Asked | null>(null);
  const told = search.has("offer") ? readAddress(search) : found;
  return (
    <Narrow>
      <PageHead title={words.title} />
      {search.has("offer") && told === null ? (
        <Stop icon={<IconLinkOff size={26} />} title={words.brokenTitle} text={words.broken} />
      ) : (
        <Agreeing account={account} asked={told} onFound={setFound} />
      )}
    </Narrow>
  );
}

interface Props {
  account: Account | null;
  asked: Asked | null;
  onFound: (asked: Asked | null) => void;
}

function Agreeing({ account, asked, onFound }: Props) {
  const words = useWords().enrol;
  const server = useQuery(serverQuery);
  const now = useNow();
  const [bundle, setBundle] = useState<{ text: string; name: string } | null>(null);
  if (server.isPending) return <Waiting />;
  if (server.isError) {
    return <FailureNotice error={server.error} retry={() => void server.refetch()} />;
  }
  if (asked !== null && bundle !== null) return <Done asked={asked} {...bundle} />;
  if (asked !== null && asked.expires <= now.getTime()) {
    return <Stop icon={<IconClockOff size={26} />} title={words.expiredTitle} text={words.expired} />;
  }
  if (asked !== null && isElsewhere(asked, server.data.pin)) {
    return <Stop icon={<IconServerOff size={26} />} title={words.otherTitle} text={words.other} />;
  }
  if (account === null) return <SignInFirst asked={asked} />;
  if (asked === null) return <CodeForm onFound={onFound} />;
  return (
    <AgreeForm
      account={account}
      asked={asked}
      onMade={(text, name) => setBundle({ text, name })}
      onOther={asked.way.by === "server" ? () => onFound(null) : undefined}
    />
  );
}

/** The device must mean the server that this page speaks for, or its bundle would go astray. */
function isElsewhere({ offer, way }: Asked, pin: string): boolean {
  const other = way.by === "loopback" && originOf(offer.origin) !== location.origin;
  return other || (offer.pin !== "" && offer.pin !== pin);
}

/** Of an address that may have a path, behind a proxy. */
function originOf(address: string): string {
  return URL.canParse(address) ? new URL(address).origin : "";
}

function Stop({ icon, title, text }: { icon: ReactNode; title: string; text: string }) {
  return (
    <Section>
      <Empty icon={icon} title={title} text={text}>
        <Command text="csb setup" label="csb setup" />
      </Empty>
    </Section>
  );
}

function SignInFirst({ asked }: { asked: Asked | null }) {
  const words = useWords().enrol;
  const server = useQuery(serverQuery);
  const [here] = useLocation();
  const [search] = useSearchParams();
  const next = search.size > 0 ? `${here}?${search.toString()}` : here;
  return (
    <Section title={words.signInFirst}>
      <Stack gap="md">
        <p>{words.signInLead}</p>
        {asked !== null && <DeviceFacts asked={asked} account={null} />}
        <Button component={Link} href={comingBack("/sign-in", next)} fullWidth>
          {words.signIn}
        </Button>
        {server.data?.may_register && (
          <Button component={Link} href={comingBack("/register", next)} variant="default" fullWidth>
            {words.register}
          </Button>
        )}
      </Stack>
    </Section>
  );
}
