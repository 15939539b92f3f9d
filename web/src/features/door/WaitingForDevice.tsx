/** After the download: what the machine that it was for has done with it so far. */

import { Button, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconCircleCheck, IconClockExclamation } from "@tabler/icons-react";
import { Link } from "wouter";

import { downloadStateQuery } from "../../api/queries";
import { useWords } from "../../words/words";
import styles from "./WaitingForDevice.module.css";

interface Props {
  code: string;
  signedIn: boolean;
  /** Make a new code in place of one that is over. */
  renew: () => void;
}

export function WaitingForDevice({ code, signedIn, renew }: Props) {
  const { getting: words, enrol } = useWords();
  const typing = enrol.typeCode;
  const download = useQuery(downloadStateQuery(code));
  const step = download.isError ? "over" : (download.data?.state ?? "waiting");
  return (
    <div className={styles.waiting} data-step={step} role="status">
      <span className={styles.icon} aria-hidden="true">
        {step === "used" && <IconCircleCheck size={22} />}
        {step === "over" && <IconClockExclamation size={22} />}
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
          {typing}
        </Button>
      )}
      {step === "used" && signedIn && (
        <Button component={Link} href="/devices" size="xs">
          {words.toDevices}
        </Button>
      )}
    </div>
  );
}
