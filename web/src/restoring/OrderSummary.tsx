/** What an order will do, said before it is sent; then it is signed with the account's key. */

import { Alert, Button, Group, Stack } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconAlertCircle, IconUserCheck } from "@tabler/icons-react";

import { placeOrder, prepareOrder } from "../api/actions";
import type { NewOrder, OrderPlan } from "../api/client";
import { ordersQuery } from "../api/queries";
import { fromBase64Url, toBase64 } from "../lib/bytes";
import { Failure } from "../lib/failures";
import { Facts, type Fact } from "../ui/Facts";
import { Waiting } from "../ui/Page";
import { Count, Size } from "../ui/Quantity";
import { When } from "../ui/When";
import { useWords } from "../words/words";
import type { Selection } from "../vault/types";
import { vault } from "../vault/vault";
import { FailureText } from "./failures";
import { withOpenFiles } from "./keys";
import styles from "./Order.module.css";
import { orderInput, reasonsToAsk, type OrderChoice } from "./orders";

const MOST_PATHS = 1000;

interface Props {
  selection: Selection;
  choice: OrderChoice;
  onBack: () => void;
  onSent: () => void;
}

export function OrderSummary(props: Props) {
  const words = useWords();
  const { selection, choice, onBack } = props;
  const plan = usePlan(selection, choice);
  if (plan.isPending) return <Waiting rows={5} />;
  if (plan.isError) {
    return (
      <Stack gap="md">
        <Alert color="red" icon={<IconAlertCircle />} role="alert">
          <FailureText error={plan.error} />
        </Alert>
        <Group justify="flex-end">
          <Button variant="default" onClick={onBack}>
            {words.shell.back}
          </Button>
          <Button onClick={() => void plan.refetch()}>{words.failure.retry}</Button>
        </Group>
      </Stack>
    );
  }
  return <Reading {...props} plan={plan.data} />;
}

/** Made anew each time: the number and the keys in it belong to this very order. */
function usePlan(selection: Selection, { device }: OrderChoice) {
  const draft = {
    device: device.device,
    source: selection.device,
    sequence: selection.sequence,
    paths: selection.items.map((item) => toBase64(fromBase64Url(item.path))),
  };
  return useQuery({
    queryKey: ["order-plan", draft],
    queryFn: () => {
      if (draft.paths.length > MOST_PATHS) throw new Failure("too-large", "One order names less.");
      return prepareOrder(draft);
    },
    staleTime: Infinity,
    gcTime: 0,
  });
}

function Reading({ selection, choice, plan, onBack, onSent }: Props & { plan: OrderPlan }) {
  const words = useWords();
  const texts = words.restoring.order;
  const queries = useQueryClient();
  const send = useMutation({
    mutationFn: async () => placeOrder(await signed(selection, choice, plan)),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ordersQuery.queryKey });
      onSent();
    },
    // Another order may have taken the number meanwhile: this one is prepared anew.
    onError: () => queries.invalidateQueries({ queryKey: ["order-plan"] }),
  });
  const reasons = reasonsToAsk(choice, selection);
  return (
    <Stack gap="md">
      <p className={styles.lead}>{texts.summary}</p>
      <div className={styles.summary}>
        <Facts facts={useFacts(selection, choice, plan)} />
        <ul className={styles.what}>
          {selection.items.slice(0, 5).map((item) => (
            <li key={item.path}>
              <bdi>{item.name}</bdi>
            </li>
          ))}
          {selection.items.length > 5 && <li>{texts.more(selection.items.length - 5)}</li>}
        </ul>
      </div>
      <p>{choice.overwrite ? texts.willReplace : texts.willKeep}</p>
      <p>
        {texts.willStart} {words.devices.lastContact}: <When at={choice.device.last_contact} />.
      </p>
      {reasons.length > 0 && (
        <Alert color="yellow" icon={<IconUserCheck />} title={texts.asksTitle}>
          {reasons.map((reason) => (
            <p key={reason}>{texts.asks[reason]}</p>
          ))}
          <p>
            {texts.asksHow} <code>csb orders</code>
          </p>
        </Alert>
      )}
      {send.isError && (
        <Alert color="red" icon={<IconAlertCircle />} role="alert">
          <FailureText error={send.error} />
        </Alert>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onBack}>
          {words.shell.back}
        </Button>
        <Button
          data-autofocus
          loading={send.isPending}
          onClick={() =>
            withOpenFiles({ label: texts.send, needsClick: false, go: () => send.mutate() })
          }
        >
          {texts.send}
        </Button>
      </Group>
    </Stack>
  );
}

function useFacts(selection: Selection, choice: OrderChoice, plan: OrderPlan): Fact[] {
  const words = useWords();
  const texts = words.restoring.order;
  return [
    [texts.on, <bdi key="on">{choice.device.name}</bdi>],
    [
      texts.from,
      <span key="from">
        <bdi>{selection.deviceName}</bdi>, <When at={plan.received} />
      </span>,
    ],
    [
      texts.much,
      <span key="much">
        <Count count={plan.files} /> {words.restoring.actions.files(plan.files)},{" "}
        <Size bytes={plan.bytes} />
      </span>,
    ],
    [texts.to, choice.target ? <bdi key="to">{choice.target}</bdi> : texts.original],
  ];
}

/** Signed in the thread that holds the keys; what comes out is what the server and the device read. */
async function signed(
  selection: Selection,
  choice: OrderChoice,
  plan: OrderPlan,
): Promise<NewOrder> {
  const { order, signature } = await vault.signOrder(orderInput(selection, choice, plan, Date.now()));
  return { order: toBase64(order), signature: toBase64(signature) };
}
