/** What asks, from where, and for whose account. */

import type { Account } from "../../api/client";
import { Facts, type Fact } from "../../ui/Facts";
import { When } from "../../ui/When";
import { useWords } from "../../words/words";
import type { Asked } from "./asked";

export function DeviceFacts({ asked, account }: { asked: Asked; account: Account | null }) {
  const words = useWords().enrol;
  const { offer, way } = asked;
  const facts: Fact[] = [
    [words.device, <bdi key="name">{offer.name}</bdi>],
    [words.system, <bdi key="os">{offer.os}</bdi>],
    [words.when, <When key="when" at={offer.created * 1e6} />],
  ];
  if (way.by === "server") facts.push([words.from, <bdi key="from">{way.address}</bdi>]);
  if (account !== null) facts.push([words.account, <bdi key="account">{account.name}</bdi>]);
  return <Facts facts={facts} />;
}
