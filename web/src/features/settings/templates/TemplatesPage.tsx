/** Settings for many devices: which templates there are, what they say, who follows. */

import { Button, Group, Modal, Stack } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconPlus, IconTemplate } from "@tabler/icons-react";
import { useState } from "react";

import { devicesQuery, type Scope } from "../../../api/queries";
import { deleteTemplate, templatesQuery, type SettingsTemplate } from "../../../api/settings";
import { Empty, FailureNotice, PageHead, Section, Waiting } from "../../../ui/Page";
import { Badge } from "../../../ui/State";
import { When } from "../../../ui/When";
import { useWords } from "../../../words/words";
import { partsOf } from "../drafts";
import { MARKS } from "../History";
import styles from "../Settings.module.css";
import { TemplateEditor } from "./TemplateEditor";

/** What is edited: a template, a new one, or none. */
type Editing = SettingsTemplate | "new" | null;

export function TemplatesPage({ scope }: { scope: Scope }) {
  const words = useWords().settings.templates;
  const templates = useQuery(templatesQuery);
  const devices = useQuery(devicesQuery(scope));
  const [editing, setEditing] = useState<Editing>(null);
  if (templates.isPending || devices.isPending) return <Waiting />;
  if (templates.isError) return <FailureNotice error={templates.error} />;
  if (devices.isError) return <FailureNotice error={devices.error} />;
  if (editing !== null) {
    return (
      <TemplateEditor
        template={editing === "new" ? null : editing}
        everyone={scope === "all"}
        devices={devices.data.filter((device) => device.revoked === null)}
        onDone={() => setEditing(null)}
      />
    );
  }
  const add = (
    <Button leftSection={<IconPlus size={17} />} onClick={() => setEditing("new")}>
      {words.add}
    </Button>
  );
  return (
    <>
      <PageHead
        title={words.title}
        lead={scope === "all" ? words.lead : words.leadOwn}
        actions={templates.data.length > 0 && add}
      />
      {templates.data.length === 0 ? (
        <Section>
          <Empty icon={<IconTemplate size={26} />} title={words.empty} text={words.emptyText}>
            {add}
          </Empty>
        </Section>
      ) : (
        <div className={styles.page}>
          {templates.data.map((template) => (
            <Template key={template.template} template={template} onEdit={() => setEditing(template)} />
          ))}
        </div>
      )}
    </>
  );
}

function Template({ template, onEdit }: { template: SettingsTemplate; onEdit: () => void }) {
  const words = useWords().settings;
  const says = partsOf(template.change).map((part) => words.parts[part]);
  return (
    <section className={styles.template} aria-label={template.name}>
      <div className={styles.templateHead}>
        <h2>
          <bdi>{template.name}</bdi>
        </h2>
        <Group gap="xs">
          <Button
            variant="default"
            size="xs"
            aria-label={`${words.templates.edit}: ${template.name}`}
            onClick={onEdit}
          >
            {words.templates.edit}
          </Button>
          <DeleteTemplate template={template} />
        </Group>
      </div>
      <p className={styles.muted}>
        {words.templates.saysColumn}: {says.join(", ") || words.templates.says0} ·{" "}
        {words.templates.deviceCount(template.devices.length)} · <When at={template.changed} /> ·{" "}
        <bdi>{template.by}</bdi>
      </p>
      <ul className={styles.followers}>
        {template.devices.map((device) => {
          const [tone, icon] = MARKS[device.state];
          return (
            <li key={device.device}>
              <bdi>
                {template.everyone ? `${device.account} / ${device.name}` : device.name}
              </bdi>
              <Badge icon={icon} tone={tone} state={device.state} text={words.state[device.state]} />
              {device.differs.length > 0 && device.state !== "waiting" && (
                <span className={styles.muted}>
                  {words.templates.differs(device.differs.map((part) => words.parts[part]).join(", "))}
                </span>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function DeleteTemplate({ template }: { template: SettingsTemplate }) {
  const words = useWords().settings.templates;
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => deleteTemplate(template.template),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["templates"] }),
  });
  return (
    <>
      <Button
        variant="subtle"
        color="red"
        size="xs"
        aria-label={`${words.delete}: ${template.name}`}
        onClick={() => setAsking(true)}
      >
        {words.delete}
      </Button>
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title={<bdi>{words.deleteTitle(template.name)}</bdi>}
        closeButtonProps={{ "aria-label": words.keep }}
      >
        <Stack gap="md">
          <p>{words.deleteText}</p>
          {remove.isError && <FailureNotice error={remove.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setAsking(false)}>
              {words.keep}
            </Button>
            <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
              {words.deleteConfirm}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
