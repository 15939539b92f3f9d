/** What a person asked devices to put back, newest first, and how it goes. */

import { useQuery } from "@tanstack/react-query";
import { IconArrowBackUp } from "@tabler/icons-react";

import { ordersQuery } from "../../api/queries";
import { Empty, FailureNotice, PageHead, Section, Waiting } from "../../ui/Page";
import { useWords } from "../../words/words";
import { OrderCard } from "./OrderCard";
import styles from "./Restores.module.css";

export function RestoresPage() {
  const words = useWords().restoring.page;
  return (
    <>
      <PageHead title={words.title} lead={words.lead} />
      <Orders />
    </>
  );
}

function Orders() {
  const words = useWords().restoring.page;
  const orders = useQuery(ordersQuery);
  if (orders.isPending) return <Waiting rows={3} />;
  if (orders.isError) {
    return <FailureNotice error={orders.error} retry={() => void orders.refetch()} />;
  }
  if (orders.data.length === 0) {
    return (
      <Section>
        <Empty
          icon={<IconArrowBackUp size={26} />}
          title={words.emptyTitle}
          text={words.emptyText}
        />
      </Section>
    );
  }
  return (
    <ul className={styles.orders} aria-label={words.title}>
      {orders.data.map((order) => (
        <OrderCard key={order.order} order={order} />
      ))}
    </ul>
  );
}
