/** One restore order: what it says, how far it is, what it needs. */

import { Alert, Progress } from "@mantine/core";
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleX,
  IconClockOff,
  IconHandStop,
  IconHourglassLow,
  IconRefresh,
  IconUserCheck,
  IconX,
} from "@tabler/icons-react";

import type { OrderInfo } from "../../api/client";
import { isUnderWay } from "../../api/queries";
import { formatBytes, formatCount } from "../../lib/quantities";
import { Problems } from "../../restoring/Problems";
import { Command } from "../../ui/Copy";
import { Badge, type Tone } from "../../ui/State";
import { When } from "../../ui/When";
import { useSpeaking, useWords } from "../../words/words";
import styles from "./Restores.module.css";
import { Withdraw } from "./Withdraw";

const PATHS_SHOWN = 3;

export function OrderCard({ order }: { order: OrderInfo }) {
  const words = useWords().restoring.page;
  return (
    <li className={styles.order} data-order={order.order}>
      <header className={styles.head}>
        <h2>
          {words.on} <bdi>{order.device_name}</bdi>
        </h2>
        <OrderState order={order} />
        <span className={styles.when}>
          <When at={order.created} />
        </span>
        {isUnderWay(order) && <Withdraw order={order} />}
      </header>
      <Paths order={order} />
      <p className={styles.from}>
        {words.from(order.sequence)} <bdi>{order.source_name}</bdi>, <When at={order.received} />.{" "}
        {order.target ? (
          <>
            {words.to} <bdi>{order.target}</bdi>.
          </>
        ) : (
          words.toOriginal
        )}{" "}
        {order.overwrite ? words.replaces : words.keeps}
      </p>
      {order.needs_person && isUnderWay(order) && (
        <Alert color="yellow" icon={<IconUserCheck />} title={words.needsPerson}>
          <p>{words.accept}</p>
          <Command text={acceptCommand(order)} label={words.needsPerson} />
        </Alert>
      )}
      {isUnderWay(order) && <Expiry order={order} />}
      <HowFar order={order} />
      {order.message && (
        <p className={styles.message}>
          {words.says} <bdi>{order.message}</bdi>
        </p>
      )}
      {order.problems > 0 && (
        <Problems
          count={order.problems}
          lines={order.problem_lines.map(({ path, message }) => ({ path, text: message }))}
        />
      )}
    </li>
  );
}

const LOOKS: Record<OrderInfo["state"], [icon: typeof IconX, tone: Tone]> = {
  waiting: [IconHourglassLow, "idle"],
  accepted: [IconUserCheck, "busy"],
  running: [IconRefresh, "busy"],
  done: [IconCircleCheck, "ok"],
  failed: [IconCircleX, "bad"],
  refused: [IconHandStop, "warn"],
  withdrawn: [IconX, "idle"],
  expired: [IconClockOff, "idle"],
};

function OrderState({ order }: { order: OrderInfo }) {
  const words = useWords().restoring.page;
  const hasProblems = order.state === "done" && order.problems > 0;
  const [icon, tone] = hasProblems ? [IconAlertTriangle, "warn" as Tone] : LOOKS[order.state];
  const text = hasProblems ? words.doneWithProblems : words.states[order.state];
  return <Badge icon={icon} tone={tone} state={order.state} text={text} />;
}

function acceptCommand({ order, overwrite }: OrderInfo): string {
  return `csb orders accept ${order.slice(0, 8)}${overwrite ? " --overwrite" : ""}`;
}

function Paths({ order }: { order: OrderInfo }) {
  const words = useWords().restoring;
  const shown = order.paths.slice(0, PATHS_SHOWN);
  const more = order.paths_total - shown.length;
  if (order.paths_total === 0) return <p className={styles.paths}>{words.page.everything}</p>;
  return (
    <ul className={styles.paths}>
      {shown.map((path) => (
        <li key={path}>
          <bdi>{path}</bdi>
        </li>
      ))}
      {more > 0 && <li className={styles.from}>{words.order.more(more)}</li>}
    </ul>
  );
}

/** Until it is begun, it may come to its end unheard. */
function Expiry({ order }: { order: OrderInfo }) {
  const words = useWords().restoring.page;
  if (order.state === "running") return null;
  return (
    <p className={styles.from}>
      {words.waits} {words.expires} <When at={order.expires} />.
    </p>
  );
}

function HowFar({ order }: { order: OrderInfo }) {
  const { words, locale } = useSpeaking();
  const texts = words.restoring;
  if (order.state === "waiting" || order.state === "accepted") return null;
  if (order.files_done + order.bytes_done + order.files_skipped === 0) return null;
  const bytes = (count: number) => formatBytes(count, locale);
  const count = (files: number) => formatCount(files, locale);
  const parts = [
    texts.tray.of(bytes(order.bytes_done), bytes(order.bytes)),
    texts.tray.filesOf(count(order.files_done), count(order.files)),
    ...(order.files_skipped > 0 ? [texts.page.skipped(order.files_skipped)] : []),
  ];
  const share = order.bytes > 0 ? (100 * order.bytes_done) / order.bytes : 0;
  return (
    <div className={styles.progress}>
      {order.state === "running" && (
        <Progress value={share} size="sm" aria-label={order.device_name} />
      )}
      <p>{parts.join(" · ")}</p>
    </div>
  );
}
