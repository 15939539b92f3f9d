/** The way to a device's settings; it says when somebody else changed them. */

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconAdjustments, IconAlertTriangle } from "@tabler/icons-react";
import { Link } from "wouter";

import type { Scope } from "../../api/queries";
import { settingsQuery } from "../../api/settings";
import { useWords } from "../../words/words";

export function OpenSettings({ device, scope }: { device: string; scope: Scope }) {
  const words = useWords().settings;
  const unseen = useQuery(settingsQuery(device)).data?.unseen[0];
  const base = scope === "all" ? "/admin/devices" : "/devices";
  const Icon = unseen ? IconAlertTriangle : IconAdjustments;
  return (
    <Button
      component={Link}
      href={`${base}/${device}/settings`}
      variant={unseen ? "filled" : "default"}
      leftSection={<Icon size={17} />}
      title={unseen && words.unseen.title(unseen.by)}
    >
      {words.open}
    </Button>
  );
}
