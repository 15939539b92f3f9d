/** The order is on its way; where to see how it goes. */

import { Button, Group, Stack } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { Link } from "wouter";

import type { Device } from "../api/client";
import { useWords } from "../words/words";
import styles from "./Order.module.css";

export function OrderSent({ device, onClose }: { device: Device; onClose: () => void }) {
  const words = useWords().restoring.order;
  return (
    <Stack gap="md">
      <p className={styles.sent} role="status">
        <IconSend size={22} aria-hidden="true" />
        <span>
          {words.sent} <bdi>{device.name}</bdi>
        </span>
      </p>
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {words.close}
        </Button>
        <Button component={Link} href="/restores" data-autofocus>
          {words.watch}
        </Button>
      </Group>
    </Stack>
  );
}
