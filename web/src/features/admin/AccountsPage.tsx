/** The accounts of the server. */

import { useQuery } from "@tanstack/react-query";
import { IconTrash, IconUsers } from "@tabler/icons-react";

import type { Schemas } from "../../api/client";
import { accountsQuery } from "../../api/queries";
import { brief, toDate } from "../../lib/times";
import { Empty, FailureNotice, PageHead, Section, Waiting } from "../../ui/Page";
import { Count, Size } from "../../ui/Quantity";
import { Records, type Column } from "../../ui/Records";
import { When } from "../../ui/When";
import { useSpeaking, useWords } from "../../words/words";
import styles from "./Admin.module.css";

type Summary = Schemas["AccountSummary"];

export function AccountsPage() {
  const words = useWords().admin;
  const accounts = useQuery(accountsQuery);
  const columns = useColumns();
  return (
    <>
      <PageHead title={words.accountsTitle} />
      {accounts.isPending && <Waiting />}
      {accounts.isLoadingError && (
        <FailureNotice error={accounts.error} retry={() => void accounts.refetch()} />
      )}
      {accounts.data?.length === 0 && (
        <Section>
          <Empty icon={<IconUsers size={26} />} title={words.accountsEmpty} />
        </Section>
      )}
      {accounts.data && accounts.data.length > 0 && (
        <div className={styles.panel}>
          <Records
            caption={words.accountsTitle}
            columns={columns}
            rows={accounts.data}
            keyOf={(account) => account.name}
          />
        </div>
      )}
    </>
  );
}

function useColumns(): Column<Summary>[] {
  const { admin, account } = useWords();
  return [
    { title: admin.account, cell: (row) => <Name row={row} /> },
    {
      title: admin.role,
      cell: (row) => (row.role === "admin" ? account.roleAdmin : account.roleUser),
    },
    { title: admin.created, cell: (row) => <When at={row.created} /> },
    { title: admin.lastSignIn, cell: (row) => <When at={row.last_sign_in} /> },
    { title: admin.devices, numeric: true, cell: (row) => <Count count={row.devices} /> },
    { title: admin.storedTotal, numeric: true, cell: (row) => <Size bytes={row.stored_bytes} /> },
    {
      title: admin.quota,
      numeric: true,
      cell: (row) => (row.quota_bytes > 0 ? <Size bytes={row.quota_bytes} /> : admin.noQuota),
    },
  ];
}

function Name({ row }: { row: Summary }) {
  const { words, locale } = useSpeaking();
  const due = row.closing ?? null;
  return (
    <>
      <b className={styles.strong}>
        <bdi>{row.name}</bdi>
      </b>
      {due !== null && (
        <span className={styles.closing}>
          <IconTrash size={15} aria-hidden="true" />
          {words.account.closingOn(brief(toDate(due), locale))}
        </span>
      )}
    </>
  );
}
