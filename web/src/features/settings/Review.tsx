/** Before saving: what the change does, with a plain warning where less is backed up by it. */

import { Alert, Button, Group, Modal, Stack } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconAlertTriangle } from "@tabler/icons-react";

import { editSettings, previewSettings, type SourceChange } from "../../api/settings";
import { FailureNotice, Waiting } from "../../ui/Page";
import { useWords } from "../../words/words";
import { Effects } from "./Effects";

interface Props {
  opened: boolean;
  device: string;
  /** What the person saw when they began to change it. */
  revision: number;
  change: SourceChange;
  isOwner: boolean;
  title?: string;
  onSaved?: () => void;
  onClose: () => void;
}

export function Review(props: Props) {
  const words = useWords().settings.review;
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      size="lg"
      title={props.title ?? words.title}
      closeButtonProps={{ "aria-label": words.cancel }}
    >
      <Reviewed {...props} />
    </Modal>
  );
}

function Reviewed({ device, revision, change, isOwner, onSaved, onClose }: Props) {
  const words = useWords().settings.review;
  const queries = useQueryClient();
  const preview = useQuery({
    queryKey: ["settings-preview", device, revision, change],
    queryFn: () => previewSettings(device, revision, change),
    gcTime: 0,
  });
  const save = useMutation({
    mutationFn: () => editSettings(device, revision, change),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["settings", device] });
      onSaved?.();
      onClose();
    },
  });
  if (preview.isPending) return <Waiting rows={3} />;
  if (preview.isError) return <FailureNotice error={preview.error} />;
  const { effects, problems } = preview.data;
  const narrows = effects.some((one) => one.narrows);
  return (
    <Stack gap="md">
      {problems.length > 0 && (
        <Alert color="red" icon={<IconAlertTriangle />} title={words.problems} role="alert">
          {problems.map((one) => (
            <p key={one}>
              <bdi>{one}</bdi>
            </p>
          ))}
        </Alert>
      )}
      {narrows && (
        <Alert color="yellow" icon={<IconAlertTriangle />} title={words.narrows} role="alert">
          {words.narrowsText}
        </Alert>
      )}
      {effects.length > 0 ? <Effects effects={effects} /> : <p>{words.nothing}</p>}
      {!isOwner && <p>{words.forOthers}</p>}
      {save.isError && <FailureNotice error={save.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {words.cancel}
        </Button>
        <Button
          color={narrows ? "red" : undefined}
          loading={save.isPending}
          disabled={problems.length > 0 || effects.length === 0}
          onClick={() => save.mutate()}
        >
          {narrows ? words.saveNarrowing : words.save}
        </Button>
      </Group>
    </Stack>
  );
}
