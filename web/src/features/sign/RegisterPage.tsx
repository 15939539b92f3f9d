/** A new account: name and password, then the recovery kit, shown once and typed back in part. */

import { Anchor, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation, useSearchParams } from "wouter";

import type { Registered } from "../../api/actions";
import { setPerson } from "../../api/session";
import { comingBack, nextPlace } from "../../lib/places";
import { Narrow, PageHead, Section } from "../../ui/Page";
import { KeepRecoveryKit } from "../../ui/RecoveryKit";
import { useWords } from "../../words/words";
import { RegisterForm } from "./RegisterForm";

export function RegisterPage() {
  const words = useWords();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [search] = useSearchParams();
  const [made, setMade] = useState<Registered | null>(null);

  if (made) {
    return (
      <Narrow wide>
        <PageHead title={words.kit.title} lead={words.kit.lead} />
        <Section>
          <KeepRecoveryKit
            kit={{ account: made.account.name, recoveryKey: made.recoveryKey }}
            onKept={() => {
              setPerson(queries, made.account);
              navigate(nextPlace(search), { replace: true });
            }}
          />
        </Section>
      </Narrow>
    );
  }
  return (
    <Narrow>
      <PageHead title={words.register.title} lead={words.register.lead} />
      <Section>
        <RegisterForm invitation="" onMade={setMade} />
      </Section>
      <Text ta="center" mt="md">
        {words.register.haveAccount}{" "}
        <Anchor component={Link} href={comingBack("/sign-in", search.get("next"))}>
          {words.sign.submit}
        </Anchor>
      </Text>
    </Narrow>
  );
}
