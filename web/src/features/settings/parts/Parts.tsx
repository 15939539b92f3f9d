/** All four parts of the settings, each as far as it may be changed. */

import { IconClock, IconFilterOff, IconFolders, IconGauge } from "@tabler/icons-react";
import type { ReactNode } from "react";

import type { Device } from "../../../api/client";
import type { Part, SourceSettings } from "../../../api/settings";
import { useWords } from "../../../words/words";
import { ExclusionsPart } from "./ExclusionsPart";
import { FoldersPart } from "./FoldersPart";
import { LimitsPart } from "./LimitsPart";
import { PartSection } from "./Part";
import { SchedulePart } from "./SchedulePart";

const ICONS: Record<Part, ReactNode> = {
  folders: <IconFolders size={20} aria-hidden="true" />,
  exclusions: <IconFilterOff size={20} aria-hidden="true" />,
  schedule: <IconClock size={20} aria-hidden="true" />,
  limits: <IconGauge size={20} aria-hidden="true" />,
};

interface Props {
  draft: SourceSettings;
  /** Those that are shown. */
  parts: Part[];
  may: Part[];
  device: Device | null;
  onChange: (draft: SourceSettings) => void;
}

export function Parts({ draft, parts, may, device, onChange }: Props) {
  const words = useWords().settings;
  return (
    <>
      {parts.map((part) => (
        <PartSection
          key={part}
          title={words[part].title}
          lead={words[part].lead}
          icon={ICONS[part]}
          kept={!may.includes(part)}
        >
          <Fields {...{ part, draft, device, onChange }} disabled={!may.includes(part)} />
        </PartSection>
      ))}
    </>
  );
}

interface FieldsProps extends Omit<Props, "parts" | "may"> {
  part: Part;
  disabled: boolean;
}

function Fields({ part, draft, device, disabled, onChange }: FieldsProps) {
  const set = (changes: Partial<SourceSettings>) => onChange({ ...draft, ...changes });
  if (part === "folders") {
    const { folders: value } = draft;
    return <FoldersPart {...{ value, disabled, device }} onChange={(folders) => set({ folders })} />;
  }
  if (part === "exclusions") {
    const { exclusions: value } = draft;
    return <ExclusionsPart {...{ value, disabled }} onChange={(exclusions) => set({ exclusions })} />;
  }
  if (part === "schedule") {
    const { schedule: value } = draft;
    return <SchedulePart {...{ value, disabled }} onChange={(schedule) => set({ schedule })} />;
  }
  const { limits: value } = draft;
  return <LimitsPart {...{ value, disabled }} onChange={(limits) => set({ limits })} />;
}
