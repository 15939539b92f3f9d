/** Whose answers the page holds: those of one person never stay for the next. */

import type { QueryClient } from "@tanstack/react-query";

import type { Account } from "./client";
import { accountQuery, serverQuery } from "./queries";

/** From now on somebody is signed in, or nobody (null). */
export function setPerson(queries: QueryClient, account: Account | null): void {
  queries.setQueryData(accountQuery.queryKey, account);
  const kept = [accountQuery.queryKey[0], serverQuery.queryKey[0]];
  queries.removeQueries({ predicate: ({ queryKey }) => !kept.includes(String(queryKey[0])) });
}
