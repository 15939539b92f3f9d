/** Which device, where to, and what happens to files that are there. */

import { Button, Group, Radio, Stack, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import type { Device } from "../api/client";
import { devicesQuery } from "../api/queries";
import { FailureNotice, Waiting } from "../ui/Page";
import { When } from "../ui/When";
import { useWords } from "../words/words";
import type { Selection } from "../vault/types";
import styles from "./Order.module.css";
import { isWholePath, isWindows, type OrderChoice } from "./orders";

interface Props {
  selection: Selection;
  /** What was decided before, when one comes back to change it. */
  before: OrderChoice | null;
  onCancel: () => void;
  onDecided: (choice: OrderChoice) => void;
}

export function OrderForm(props: Props) {
  const words = useWords().restoring.order;
  const devices = useQuery(devicesQuery("own"));
  if (devices.isPending) return <Waiting rows={4} />;
  if (devices.isError) {
    return <FailureNotice error={devices.error} retry={() => void devices.refetch()} />;
  }
  const able = devices.data.filter((device) => device.revoked === null);
  if (able.length === 0) return <p>{words.noDevice}</p>;
  return <Decisions {...props} devices={able} />;
}

function Decisions({ selection, before, onCancel, onDecided, devices }: Props & { devices: Device[] }) {
  const words = useWords().restoring;
  const own = devices.find((one) => one.device === selection.device) ?? devices[0]!;
  const [id, setId] = useState(before?.device.device ?? own.device);
  const [toFolder, setToFolder] = useState((before?.target ?? "") !== "");
  const [folder, setFolder] = useState(before?.target ?? "");
  const [overwrite, setOverwrite] = useState(before?.overwrite ?? false);
  const device = devices.find((one) => one.device === id) ?? own;
  const isWrong = toFolder && folder !== "" && !isWholePath(folder, device.os);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (isWrong) return;
    onDecided(
      toFolder ? { device, target: folder.trim(), overwrite: false } : { device, target: "", overwrite },
    );
  }

  return (
    <form onSubmit={submit}>
      <Stack gap="lg">
        <Radio.Group label={words.order.device} value={device.device} onChange={setId}>
          <div className={styles.devices}>
            {devices.map((one) => (
              <DeviceChoice key={one.device} device={one} />
            ))}
          </div>
        </Radio.Group>
        <Radio.Group
          label={words.order.where}
          value={toFolder ? "folder" : "original"}
          onChange={(value) => setToFolder(value === "folder")}
        >
          <Stack gap="xs" mt="xs">
            <Radio
              value="original"
              label={words.order.original}
              description={words.order.originalText}
            />
            <Radio value="folder" label={words.order.folder} description={words.order.folderText} />
          </Stack>
        </Radio.Group>
        {toFolder && (
          <TextInput
            label={words.order.folderPath}
            placeholder={isWindows(device.os) ? "C:\\Users\\Ada\\Restored" : "/home/ada/restored"}
            required
            autoCapitalize="none"
            spellCheck={false}
            value={folder}
            error={isWrong ? words.order.folderWrong : null}
            onChange={(event) => setFolder(event.currentTarget.value)}
          />
        )}
        {!toFolder && (
          <Radio.Group
            label={words.order.existing}
            value={overwrite ? "replace" : "keep"}
            onChange={(value) => setOverwrite(value === "replace")}
          >
            <Stack gap="xs" mt="xs">
              <Radio value="keep" label={words.order.keep} description={words.order.keepText} />
              <Radio
                value="replace"
                label={words.order.replace}
                description={words.order.replaceText}
              />
            </Stack>
          </Radio.Group>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            {words.cancel}
          </Button>
          <Button type="submit">{words.order.goOn}</Button>
        </Group>
      </Stack>
    </form>
  );
}

function DeviceChoice({ device }: { device: Device }) {
  const words = useWords().devices;
  return (
    <Radio
      value={device.device}
      label={<bdi>{device.name}</bdi>}
      description={
        <>
          {words.lastContact}: <When at={device.last_contact} />
        </>
      }
    />
  );
}
