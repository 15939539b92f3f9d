/** Take an order back; says first what that does. */

import { Button, Group, Modal, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { withdrawOrder } from "../../api/actions";
import type { OrderInfo } from "../../api/client";
import { ordersQuery } from "../../api/queries";
import { FailureNotice } from "../../ui/Page";
import { useWords } from "../../words/words";

export function Withdraw({ order }: { order: OrderInfo }) {
  const words = useWords().restoring;
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const withdraw = useMutation({
    mutationFn: () => withdrawOrder(order.order),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ordersQuery.queryKey });
      setAsking(false);
    },
  });
  return (
    <>
      <Button
        variant="default"
        size="xs"
        aria-label={`${words.page.withdraw}: ${order.device_name}`}
        onClick={() => setAsking(true)}
      >
        {words.page.withdraw}
      </Button>
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title={words.page.withdrawTitle}
        closeButtonProps={{ "aria-label": words.cancel }}
      >
        <Stack gap="md">
          <p>{words.page.withdrawText}</p>
          {withdraw.isError && <FailureNotice error={withdraw.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setAsking(false)} data-autofocus>
              {words.cancel}
            </Button>
            <Button color="red" loading={withdraw.isPending} onClick={() => withdraw.mutate()}>
              {words.page.withdraw}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
