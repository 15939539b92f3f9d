/** Where the account is signed in, and how to end that. */

import { Button, Group, Modal, Stack } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconCircleCheck } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";

import { endOtherSessions, endSession, signOut } from "../../api/actions";
import type { SessionInfo } from "../../api/client";
import { sessionsQuery } from "../../api/queries";
import { setPerson } from "../../api/session";
import { FailureNotice, Waiting } from "../../ui/Page";
import { Records, type Column } from "../../ui/Records";
import { When } from "../../ui/When";
import type { Words } from "../../words/en";
import { useWords } from "../../words/words";
import styles from "./Account.module.css";

export function Sessions() {
  const words = useWords().account;
  const sessions = useQuery(sessionsQuery);
  if (sessions.isPending) return <Waiting rows={2} />;
  if (sessions.isError) {
    return <FailureNotice error={sessions.error} retry={() => void sessions.refetch()} />;
  }
  const others = sessions.data.filter((session) => !session.current).length;
  return (
    <Stack gap="md">
      <p>{words.sessionsText}</p>
      <SessionRecords sessions={sessions.data} />
      <Group>
        <SignOut />
        {others > 0 && <EndOthers count={others} />}
      </Group>
    </Stack>
  );
}

function SessionRecords({ sessions }: { sessions: SessionInfo[] }) {
  const words = useWords().account;
  const columns = useMemo(() => columnsOf(words), [words]);
  return (
    <Records
      caption={words.sessionsTitle}
      columns={columns}
      rows={sessions}
      keyOf={(session) => session.session}
    />
  );
}

function columnsOf(words: Words["account"]): Column<SessionInfo>[] {
  return [
    { title: words.sessionWhere, cell: (session) => <Where session={session} /> },
    { title: words.sessionAddress, cell: (session) => <bdi>{session.address}</bdi> },
    { title: words.sessionSince, cell: (session) => <When at={session.created} /> },
    { title: words.sessionUsed, cell: (session) => <When at={session.last_used} /> },
    { title: words.actions, cell: (session) => <EndSession session={session} /> },
  ];
}

function Where({ session }: { session: SessionInfo }) {
  const words = useWords().account;
  return (
    <div className={styles.where}>
      {whereText(session, words)}
      {session.current && (
        <span className={styles.current}>
          <IconCircleCheck size={15} stroke={2.2} aria-hidden="true" />
          {words.sessionCurrent}
        </span>
      )}
    </div>
  );
}

function whereText({ program, system }: SessionInfo, words: Words["account"]): string {
  if (program && system) return words.sessionOn(program, system);
  return program || system || words.sessionUnknown;
}

function EndSession({ session }: { session: SessionInfo }) {
  const words = useWords().account;
  const queries = useQueryClient();
  const end = useMutation({
    mutationFn: () => endSession(session.session),
    onSettled: () => queries.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
  if (session.current) return null; // that is signing out
  return (
    <div className={styles.acts}>
      <Button
        variant="subtle"
        color="red"
        size="compact-sm"
        aria-label={`${words.sessionEnd}: ${whereText(session, words)}`}
        loading={end.isPending}
        onClick={() => end.mutate()}
      >
        {words.sessionEnd}
      </Button>
    </div>
  );
}

function EndOthers({ count }: { count: number }) {
  const words = useWords().account;
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const end = useMutation({
    mutationFn: endOtherSessions,
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: sessionsQuery.queryKey });
      setAsking(false);
    },
  });
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        {words.sessionsEnd}
      </Button>
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title={words.sessionsEnd}
        closeButtonProps={{ "aria-label": words.cancel }}
      >
        <Stack gap="md">
          <p>{words.sessionsEndText(count)}</p>
          {end.isError && <FailureNotice error={end.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setAsking(false)} data-autofocus>
              {words.cancel}
            </Button>
            <Button color="red" loading={end.isPending} onClick={() => end.mutate()}>
              {words.sessionsEndSubmit}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

function SignOut() {
  const words = useWords();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const leave = useMutation({
    mutationFn: signOut,
    onSuccess: () => {
      setPerson(queries, null);
      navigate("/");
    },
  });
  return (
    <>
      {leave.isError && <FailureNotice error={leave.error} />}
      <Button variant="default" loading={leave.isPending} onClick={() => leave.mutate()}>
        {words.shell.signOut}
      </Button>
    </>
  );
}
