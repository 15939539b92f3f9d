/** One download: how far it is, what went wrong, and what can be done with it. */

import { ActionIcon, Button, Progress, Tooltip } from "@mantine/core";
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleX,
  IconDeviceFloppy,
  IconHourglassLow,
  IconLoader2,
  IconPlayerPause,
  IconPlayerPlay,
  IconX,
} from "@tabler/icons-react";
import { useEffect, type ReactNode } from "react";

import { formatBytes, formatCount } from "../lib/quantities";
import { useSpeaking, useWords } from "../words/words";
import type { Download, DownloadStatus } from "../vault/vault";
import { isUnderWay, useStatus } from "./downloads";
import styles from "./DownloadsTray.module.css";
import { codeText } from "./failures";
import { timeLeft } from "./pace";
import { Problems } from "./Problems";

interface Props {
  download: Download;
  /** For those who do not see the panel; told of beginnings and ends only. */
  say: (text: string) => void;
  remove: (download: Download) => void;
}

export function DownloadCard({ download, say, remove }: Props) {
  const words = useWords();
  const status = useStatus(download);
  useSaying(download.name, status, say);
  return (
    <li className={styles.card} data-download={status.state}>
      <div className={styles.line}>
        <bdi className={styles.name} title={download.name}>
          {download.name}
        </bdi>
        <Tools download={download} status={status} remove={remove} />
      </div>
      {!isOver(status) && <Bar name={download.name} status={status} />}
      <StateLine status={status} />
      {status.problemCount > 0 && (
        <Problems
          count={status.problemCount}
          lines={status.problems.map(({ path, code }) => ({ path, text: codeText(code, words) }))}
        />
      )}
      {status.state === "done" && status.way !== "picker" && (
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconDeviceFloppy size={16} aria-hidden="true" />}
          aria-label={`${words.restoring.tray.saveAgain}: ${download.name}`}
          onClick={() => download.save()}
        >
          {words.restoring.tray.saveAgain}
        </Button>
      )}
    </li>
  );
}

function isOver({ state }: DownloadStatus): boolean {
  return state === "done" || state === "failed" || state === "cancelled";
}

function useSaying(name: string, status: DownloadStatus, say: Props["say"]): void {
  const words = useWords().restoring.tray.said;
  const what = status.state === "preparing" ? "started" : status.state;
  useEffect(() => {
    if (what === "started" || what === "done" || what === "failed") say(words[what](name));
  }, [what, name, say, words]);
}

interface ToolsProps {
  download: Download;
  status: DownloadStatus;
  remove: Props["remove"];
}

function Tools({ download, status, remove }: ToolsProps) {
  const words = useWords().restoring.tray;
  const { name } = download;
  return (
    <span className={styles.tools}>
      {status.state === "paused" && (
        <Tool label={words.resume} name={name} onClick={() => download.resume()}>
          <IconPlayerPlay size={18} />
        </Tool>
      )}
      {isUnderWay(download) && (
        <Tool label={words.pause} name={name} onClick={() => download.pause()}>
          <IconPlayerPause size={18} />
        </Tool>
      )}
      <Tool
        label={isOver(status) ? words.putAway : words.cancel}
        name={name}
        onClick={() => (isOver(status) ? remove(download) : download.cancel())}
      >
        <IconX size={18} />
      </Tool>
    </span>
  );
}

interface ToolProps {
  label: string;
  name: string;
  onClick: () => void;
  children: ReactNode;
}

function Tool({ label, name, onClick, children }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" aria-label={`${label}: ${name}`} onClick={onClick}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

function Bar({ name, status }: { name: string; status: DownloadStatus }) {
  const share = status.totalBytes > 0 ? (100 * status.bytes) / status.totalBytes : 0;
  return <Progress value={share} size="sm" aria-label={name} transitionDuration={0} />;
}

const ICONS: Record<DownloadStatus["state"], typeof IconX> = {
  preparing: IconLoader2,
  waiting: IconHourglassLow,
  running: IconLoader2,
  paused: IconPlayerPause,
  done: IconCircleCheck,
  failed: IconCircleX,
  cancelled: IconX,
};

/** Icon, word and colour; then how far it is, or what to do. */
function StateLine({ status }: { status: DownloadStatus }) {
  const words = useWords();
  const hasProblems = status.state === "done" && status.problemCount > 0;
  const Icon = hasProblems ? IconAlertTriangle : ICONS[status.state];
  return (
    <div className={styles.state} data-tone={hasProblems ? "warn" : status.state}>
      <span className={styles.word}>
        <Icon size={16} aria-hidden="true" />
        {hasProblems ? words.restoring.tray.doneWithProblems : words.restoring.tray.states[status.state]}
      </span>
      <Figures status={status} />
      {status.state === "waiting" && <p className={styles.advice}>{words.restoring.tray.waits}</p>}
      {status.failure && <p className={styles.advice}>{codeText(status.failure, words)}</p>}
      {status.state === "done" && (
        <p className={styles.advice}>
          {status.way === "picker" ? words.restoring.tray.written : words.restoring.tray.handedOver}
        </p>
      )}
    </div>
  );
}

function Figures({ status }: { status: DownloadStatus }) {
  const { words, locale } = useSpeaking();
  const texts = words.restoring.tray;
  if (status.totalBytes === 0 && status.totalFiles === 0) return null;
  const bytes = (count: number) => formatBytes(count, locale);
  const parts = [
    isOver(status)
      ? bytes(status.bytes)
      : texts.of(bytes(status.bytes), bytes(status.totalBytes)),
  ];
  if (status.totalFiles > 1) {
    const count = (files: number) => formatCount(files, locale);
    parts.push(texts.filesOf(count(status.files), count(status.totalFiles)));
  }
  if (status.state === "running" && status.bytesPerSecond > 0) {
    const left = (status.totalBytes - status.bytes) / status.bytesPerSecond;
    parts.push(texts.perSecond(bytes(status.bytesPerSecond)), texts.left(timeLeft(left, locale)));
  }
  return <span className={styles.figures}>{parts.join(" · ")}</span>;
}
