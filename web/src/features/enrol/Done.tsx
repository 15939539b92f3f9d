/** Back to the device, which goes on by itself. */

import { Button } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useEffect } from "react";
import { Link } from "wouter";

import { Empty, Section } from "../../ui/Page";
import { useWords } from "../../words/words";
import { loopbackAddress, type Asked } from "./asked";

interface Props {
  asked: Asked;
  /** What goes to the device, in base64. */
  text: string;
  name: string;
}

export function Done({ asked: { way }, text, name }: Props) {
  const words = useWords().enrol;
  const address = way.by === "loopback" ? loopbackAddress(way.port, text) : null;
  useEffect(() => {
    if (address !== null) location.assign(address);
  }, [address]);
  return (
    <Section>
      <Empty
        icon={<IconCircleCheck size={26} />}
        title={address === null ? words.doneTitle(name) : words.goingTitle}
        text={address === null ? words.done : words.going}
      >
        {address === null ? (
          <Button component={Link} href="/" variant="default">
            {words.toDevices}
          </Button>
        ) : (
          <Button component="a" href={address}>
            {words.goOn}
          </Button>
        )}
      </Empty>
    </Section>
  );
}
