/** After the download: what the machine that it was for has done with it so far. */

import { Button, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconCircleCheck, IconClockExclamation, IconDeviceDesktopQuestion } from "@tabler/icons-react";
import { Link } from "wouter";

import { waitingQuery } from "../../api/enrolling";
import { devicesQuery, downloadStateQuery } from "../../api/queries";
import { useWords } from "../../words/words";
import styles from "./WaitingForDevice.module.css";

const HOUR_NS = 3600e9; // how long a code lives

interface Props {
  code: string;
  signedIn: boolean;
  /** Make a new code in place of one that is over. */
  renew: () => void;
}

export function WaitingForDevice({ code, signedIn, renew }: Props) {
  const { getting: words, enrol } = useWords();
  const step = useStep(code, signedIn);
  return (
    <div className={styles.waiting} data-step={step} role="status">
      <span className={styles.icon} aria-hidden="true">
        {step === "arrived" && <IconCircleCheck size={22} />}
        {step === "over" && <IconClockExclamation size={22} />}
        {step === "asks" && <IconDeviceDesktopQuestion size={22} />}
        {(step === "waiting" || step === "fetched") && <Loader size={20} />}
      </span>
      <div className={styles.text}>
        <strong>{words.progress[step].title}</strong>
        <p>{words.progress[step].text}</p>
      </div>
      {step === "over" && (
        <Button variant="default" size="xs" onClick={renew}>
          {words.renew}
        </Button>
      )}
      {step === "fetched" && (
        <Button component={Link} href="/enrol" size="xs" variant="default">
          {enrol.typeCode}
        </Button>
      )}
      {step === "asks" && (
        <Button component={Link} href="/enrol" size="xs">
          {words.toRequest}
        </Button>
      )}
      {step === "arrived" && (
        <Button component={Link} href="/" size="xs">
          {words.toDevices}
        </Button>
      )}
    </div>
  );
}

type Step = "waiting" | "fetched" | "asks" | "arrived" | "over";

/** What is seen of the machine: the person's devices and requests say more than the code does. */
function useStep(code: string, signedIn: boolean): Step {
  const download = useQuery(downloadStateQuery(code));
  const waiting = useQuery({ ...waitingQuery, enabled: signedIn });
  const devices = useQuery({ ...devicesQuery("own"), enabled: signedIn });
  const begun = (download.data?.expires ?? Infinity) - HOUR_NS;
  const used = download.data?.state === "used";
  if (used || devices.data?.some((device) => device.created >= begun)) return "arrived";
  if (waiting.data?.length) return "asks";
  if (download.isError) return "over";
  return download.data?.state === "waiting" ? "waiting" : "fetched";
}
